import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import type { Command } from 'commander'
import { currentSession } from './session.ts'
import type { ExitCode } from './refusal.ts'
import type { Terminal } from './terminal.ts'

/** What a command answers: for people and for programs. */
export interface Output {
  readonly text: string
  readonly json: unknown
  /** Left out: 0. */
  readonly exitCode?: ExitCode
}

/** What every command may use. */
export interface Context {
  readonly terminal: Terminal
  /** The node, in the name of whoever is signed in. */
  ambit(): Promise<Ambit>
  reply(output: Output): void
  /** One answer of several, as they come: with --json one value a line. */
  tell(output: Omit<Output, 'exitCode'>): void
  /** Adds a command with its help and an example. */
  command(program: Command, form: string, summary: string, example: string): Command
}

export function createContext(terminal: Terminal, answers: Pick<Context, 'reply' | 'tell'>): Context {
  return {
    terminal,
    ambit: async () => connectAmbit(await currentSession(terminal)),
    ...answers,
    command(program, form, summary, example) {
      return (
        program
          .command(form)
          .description(summary)
          .option('--json', 'print one JSON value')
          // An option after the name of a command below belongs to that one.
          .enablePositionalOptions()
          .addHelpText('after', `\nExample:\n  $ ambit ${example}`)
      )
    },
  }
}
