import type { Fault } from '@ambit/core/fault'

/** When a fault says how long to wait before trying again: milliseconds. */
export function retryAfterMsOf({ extra }: Pick<Fault, 'extra'>): number | undefined {
  const ms = extra?.['retryAfterMs']
  return typeof ms === 'number' ? ms : undefined
}

/** The same in whole seconds, as HTTP says it (RFC 9110, section 10.2.3). */
export function retryAfterHeaders(fault: Pick<Fault, 'extra'>): Record<string, string> | undefined {
  const ms = retryAfterMsOf(fault)
  return ms === undefined ? undefined : { 'retry-after': String(Math.max(1, Math.ceil(ms / 1000))) }
}
