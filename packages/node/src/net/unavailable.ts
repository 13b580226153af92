import { Fault } from '@ambit/core/fault'

/**
 * What stands between here and a target says that it is not there (RFC 9110, sections 15.6.3 to 15.6.5). Undefined for
 * any other status.
 */
export function unavailableFault(status: number): Fault | undefined {
  if (status !== 502 && status !== 503 && status !== 504) return undefined
  return new Fault(status === 504 ? 'upstream.timeout' : 'upstream.unreachable', {
    detail: `it answered with the HTTP status ${status}`,
    extra: { upstreamStatus: status },
  })
}
