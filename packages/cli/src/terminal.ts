import { createInterface } from 'node:readline/promises'

/** What the command line touches of the world; tests bring their own. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Rings the bell, where somebody sits there. */
  ring(): void
  /** Asks the person at the terminal; undefined where none sits there. */
  ask(question: string): Promise<string | undefined>
  /** Everything on standard input. */
  input(): Promise<string>
  /** Milliseconds since 1970. */
  now(): number
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What the node says in both languages, in that of the person: Chinese where the environment says so. */
export function inWords(
  { environment }: Pick<Terminal, 'environment'>,
  words: { readonly en: string; readonly zh: string },
): string {
  const language = [environment['LC_ALL'], environment['LC_MESSAGES'], environment['LANG']].find(
    (each) => each !== undefined && each !== '',
  )
  return language?.startsWith('zh') === true ? words.zh : words.en
}

/** A record with two thousand capabilities is a few megabytes. */
const inputCharactersMax = 16 * 1024 * 1024

export function processTerminal(): Terminal {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads us has enough (`ambit acts | head`): that is no failure of ours.
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    ring: () => void (process.stderr.isTTY && process.stderr.write('\u0007')),
    async ask(question) {
      if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return await lines.question(question)
      } finally {
        lines.close()
      }
    },
    async input() {
      let text = ''
      for await (const piece of process.stdin.setEncoding('utf8')) {
        text += String(piece)
        if (text.length > inputCharactersMax) throw new RangeError('the standard input is too long')
      }
      return text
    },
    now: () => Date.now(),
    environment: process.env,
  }
}
