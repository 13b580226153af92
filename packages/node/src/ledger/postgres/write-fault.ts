import { Fault } from '@ambit/core/fault'

/** SQLSTATE of connections that broke and of servers that go down (classes 08 and 57). */
const lostClasses = ['08', '57']
/** Two rows with one key: behind the head stands a row that the head does not know. */
const uniqueViolation = '23505'

/** Whether a statement may have been committed although it gave an error: the connection broke in the middle. */
export function isLost(error: unknown): boolean {
  if (Fault.is(error) || isMistake(error)) return false
  const state = sqlState(error)
  return state === undefined || lostClasses.includes(state.slice(0, 2))
}

/** What an error of the database means for the log: all but damage passes. */
export function writeFault(error: unknown): Fault {
  if (Fault.is(error) || isMistake(error)) return Fault.from(error)
  if (sqlState(error) === uniqueViolation) {
    return new Fault('ledger.corrupt', {
      detail: 'there are batches behind the head of the log: the head was set back',
      where: 'ledger_head',
      cause: error,
    })
  }
  const detail = error instanceof Error ? error.message : 'the database gave an error without words'
  return new Fault('ledger.away', { detail: `writing the log failed: ${detail}`, cause: error })
}

/** An error of this program, not of the database. */
function isMistake(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
}

/** Undefined for what the server did not say: errors of sockets have codes too (`EPIPE` looks like one of these). */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error && 'severity' in error && 'code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
