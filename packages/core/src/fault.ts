import { faultRows } from './faults/table.ts'
import type { FaultCode } from './faults/table.ts'

export type { FaultCode } from './faults/table.ts'

export interface FaultDetails {
  /** What was wrong this time, in words a user understands. Never a secret, never text an agent wrote. */
  readonly detail: string
  /** Where: a field, a file, an address, an index. */
  readonly where?: string
  /** What to do next, when it differs from the row's own advice. */
  readonly remedy?: string
  /** Machine-readable members that a protocol's error may carry, e.g. an approval address. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** The one error class. Its code is a row of the fault table, from which every protocol's error is derived. */
export class Fault extends Error {
  readonly code: FaultCode
  /** HTTP status of the fault (RFC 9110). */
  readonly status: number
  readonly retryable: boolean
  readonly title: string
  readonly detail: string
  readonly where: string | undefined
  readonly remedy: string
  readonly extra: Readonly<Record<string, unknown>> | undefined

  constructor(code: FaultCode, details: FaultDetails) {
    super(`${code}: ${details.detail}`, details.cause === undefined ? undefined : { cause: details.cause })
    const row = faultRows[code]
    this.name = 'Fault'
    this.code = code
    this.status = row.status
    this.retryable = row.retryable
    this.title = row.title
    this.detail = details.detail
    this.where = details.where
    this.remedy = details.remedy ?? row.remedy
    this.extra = details.extra
  }

  static is(error: unknown, code?: FaultCode): error is Fault {
    return error instanceof Fault && (code === undefined || error.code === code)
  }

  /** Any error as a fault: one that is none becomes `internal`, with its own words kept only as the cause. */
  static from(error: unknown): Fault {
    if (error instanceof Fault) return error
    return new Fault('internal', { detail: 'something unexpected happened inside the node', cause: error })
  }
}

/** RFC 9457 problem details. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: FaultCode
  readonly where?: string
  readonly remedy: string
  readonly [member: string]: unknown
}

export function problemOf(fault: Fault): Problem {
  return {
    ...fault.extra,
    type: `urn:ambit:fault:${fault.code}`,
    title: fault.title,
    status: fault.status,
    detail: fault.detail,
    code: fault.code,
    ...(fault.where === undefined ? {} : { where: fault.where }),
    remedy: fault.remedy,
  }
}
