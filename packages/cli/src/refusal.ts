import { Fault } from '@ambit/core/fault'
import { AmbitProblem } from '@ambit/sdk/problem'
import { shown } from './text.ts'

/** 0 done, 1 the node refused or a check failed, 2 it could not be tried: wrong arguments, no node, no file. */
export const exitCodes = { done: 0, refused: 1, untried: 2 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Something that the command line itself cannot go on with. */
export class Refusal extends Error {
  readonly remedy: string

  constructor(what: string, remedy: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause })
    this.name = 'Refusal'
    this.remedy = remedy
  }
}

export interface Explained {
  readonly exitCode: ExitCode
  readonly text: string
  readonly json: unknown
}

/** What went wrong, in words and for programs. An error that is neither ours nor the node's is a bug and stays one. */
export function explain(error: unknown): Explained {
  if (error instanceof Refusal) {
    return {
      exitCode: exitCodes.untried,
      text: `${error.message}\n  ${error.remedy}`,
      json: { code: 'cli', detail: error.message, remedy: error.remedy },
    }
  }
  if (error instanceof AmbitProblem) {
    const { code, title, detail, remedy, status, where } = error
    const place = where === undefined || detail.includes(where) ? '' : ` (${shown(where)})`
    return {
      exitCode: status === 0 || code === 'client.unreadable' ? exitCodes.untried : exitCodes.refused,
      text: `${shown(title)}: ${shown(detail)}${place}\n  ${shown(remedy)}\n  [${shown(code)}]`,
      json: {
        ...error.members,
        code,
        title,
        detail,
        remedy,
        status,
        ...(where === undefined ? {} : { where }),
      },
    }
  }
  if (Fault.is(error)) return explainFault(error)
  throw error
}

/** What reading a log or a chain came to: damage is proof of something, and nobody there is not. */
function explainFault({ code, title, detail, remedy, status, where }: Fault): Explained {
  const found = code === 'ledger.damaged' || code === 'ledger.missing' || code.startsWith('chain.')
  const place = where === undefined || detail.includes(where) ? '' : ` (${shown(where)})`
  return {
    exitCode: found ? exitCodes.refused : exitCodes.untried,
    text: `${title}: ${shown(detail)}${place}\n  ${remedy}\n  [${code}]`,
    json: { code, title, detail, remedy, status, ...(where === undefined ? {} : { where }) },
  }
}
