import type { AgentRecord } from '@ambit/core/record'

/** The addresses of a record: host, port and path, without what a caller adds; of a program, what is started. */
export function addressesOf({ interfaces }: Pick<AgentRecord, 'interfaces'>): string[] {
  return interfaces.flatMap(({ url, command }) => {
    if (command !== undefined) return programOf(command)
    const found = URL.parse(url)
    return found === null || found.host === '' ? [] : `${hostOf(found)}${pathOf(found)}`
  })
}

/** The hosts of a record, for a takedown of everything that is there. */
export function hostsOf({ interfaces }: Pick<AgentRecord, 'interfaces'>): string[] {
  return interfaces.flatMap(({ url, command }) => {
    if (command !== undefined) return programOf(command)
    const found = URL.parse(url)
    return found === null ? [] : hostOf(found) || []
  })
}

/** Whether an address is one of these, or lies below one of them. */
export function isBelow(address: string, known: readonly string[]): boolean {
  return known.some((each) => address === each || address.startsWith(`${each}/`))
}

/** One text for all spellings: schemes that the URL standard does not know keep capitals, and a dot may end a name. */
function hostOf({ hostname, port }: URL): string {
  const name = hostname.toLowerCase().replace(/\.+$/, '')
  return name === '' ? '' : `${name}${port === '' ? '' : `:${port}`}`
}

/** Without doubled strokes, and without encodings of what needs none. */
function pathOf({ pathname }: URL): string {
  const plain = pathname.replaceAll(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCodePoint(Number.parseInt(encoded.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase()
  })
  return plain.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')
}

/** Its name and what it is told; options change how it runs and not what it is. */
function programOf({ program, args }: NonNullable<AgentRecord['interfaces'][number]['command']>): string {
  return ['program', program.split(/[/\\]/).at(-1), ...args.filter((arg) => !arg.startsWith('-'))].join(' ')
}
