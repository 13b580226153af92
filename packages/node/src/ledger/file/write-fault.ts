import { Fault } from '@ambit/core/fault'
import type { FaultCode } from '@ambit/core/fault'
import { isDiskFull } from '../../kernel/disk.ts'

/** What a failed write means for the log: a full disk passes, anything else is final until the log is opened anew. */
export function writeFault(error: unknown): Fault {
  if (Fault.is(error)) return error
  const code: FaultCode = isDiskFull(error) ? 'ledger.full' : 'ledger.failed'
  const detail = error instanceof Error ? error.message : 'the disk gave an error without words'
  return new Fault(code, { detail: `writing the log failed: ${detail}`, cause: error })
}
