/** Programs whose first plain argument says what they start. */
const launchers = new Set(
  'npx bunx pnpx uvx pipx node bun deno tsx python python3 uv docker podman java dotnet go npm pnpm yarn'.split(
    ' ',
  ),
)
/** Options of launchers that take no value. */
const switches = new Set(['-y', '--yes', '-q', '--quiet', '-m', '-i', '-t', '-it', '--rm', '-u', '--silent'])
const packageForm = /^[@A-Za-z0-9_][A-Za-z0-9_.@/:-]{0,213}$|^\.{0,2}\/[^\s=]{1,213}$/
/** Longer than words of a path are, and with digits in it: likely a key. */
const keyForm = /^(?=.*\d)[A-Za-z0-9_.~+=-]{16,}$|^[^\s]{40,}$/

/**
 * A command as it may be shown: the program, what it starts, and the names of its options. Values may be secrets, so none
 * is shown.
 */
export function commandShown(program: string, args: readonly string[]): string {
  const isLauncher = launchers.has(nameOf(program))
  const shown: string[] = []
  let isNamed = false
  let isAfterSwitch = true
  for (const arg of args) {
    if (arg.startsWith('--')) shown.push(/^--[A-Za-z0-9-]{1,60}/.exec(arg)?.[0] ?? '…')
    else if (arg.startsWith('-')) shown.push(switches.has(arg) ? arg : /^-[A-Za-z]?/.exec(arg)![0])
    else if (isLauncher && !isNamed && isAfterSwitch && packageForm.test(arg) && !keyForm.test(lastOf(arg))) {
      shown.push(arg)
      isNamed = true
    } else shown.push('…')
    isAfterSwitch = switches.has(arg)
  }
  // Several hidden values in a row say no more than one.
  const brief = shown.filter((each, at) => each !== '…' || shown[at - 1] !== '…')
  return [program, ...brief].join(' ')
}

/** An address as it may be shown: without what stands for a person in it, a query, and parts of the path that may be keys. */
export function addressShown(text: string): string {
  const url = URL.parse(text)
  if (url === null) return '…'
  const path = url.pathname
    .split('/')
    .map((part) => (keyForm.test(part) ? '…' : part))
    .join('/')
  const query = url.search === '' ? '' : '?…'
  return `${url.protocol}//${url.username === '' && url.password === '' ? '' : '…@'}${url.host}${path === '/' ? '' : path}${query}`
}

/** Whether a server cannot be named without what may be a key: its address and arguments would stand in a public record. */
export function holdsSecret({
  url,
  command,
}: {
  readonly url?: string
  readonly command?: { readonly args: readonly string[] }
}): boolean {
  if (url !== undefined && addressShown(url).includes('…')) return true
  const args = command?.args ?? []
  return args.some((arg, at) => {
    const [, option, value] = /^-{1,2}([A-Za-z0-9_-]+)=(.*)$/.exec(arg) ?? []
    const before = /^-{1,2}([A-Za-z0-9_-]+)$/.exec(args[at - 1] ?? '')?.[1]
    if (secretWords.test(option ?? '') && value !== '') return true
    if (secretWords.test(before ?? '') && !arg.startsWith('-')) return true
    const plain = value ?? arg
    return (
      /^bearer\s/i.test(plain) || (!/[/\\@]/.test(plain) && keyForm.test(plain)) || /:\/\/[^/]*@/.test(plain)
    )
  })
}

const secretWords = /key|token|secret|passw|credential|auth|header/i

/** The name of a program without its folder and the endings that Windows gives it. */
export function nameOf(program: string): string {
  return (program.split(/[/\\]/).at(-1) ?? '').replace(/\.(?:exe|cmd|bat|ps1)$/i, '').toLowerCase()
}

function lastOf(text: string): string {
  return text.split('/').at(-1) ?? ''
}
