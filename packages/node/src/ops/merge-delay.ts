import type { Metrics } from '../kernel/metrics.ts'
import { mergeDelayMsMax } from '@ambit/core/promise'
import type { Ledger } from '../ledger/ledger.ts'
import { tokenText } from './token-watch.ts'
import type { Check } from './health.ts'

/** A machine that stands still for a moment is told by the metric; it is no reason to be taken out of service. */
const notReadyMs = 5 * mergeDelayMsMax

/** Whether a log records, and publishes what it has recorded as soon as it promised. */
export function ledgerCheck(name: string, ledger: Pick<Ledger, 'state'>): Check {
  return {
    name,
    async reason() {
      const { state, reason, unpublishedMs, token } = ledger.state()
      if (state !== 'open') return reason ?? state
      if (unpublishedMs <= notReadyMs) return undefined
      const why = token === undefined ? '' : `; ${tokenText(token)}`
      return `entries wait ${Math.round(unpublishedMs)} ms for their checkpoint; ${mergeDelayMsMax} ms are promised${why}`
    },
  }
}

/** Tells in one number how late the latest of these logs is. */
export function countMergeDelay(metrics: Metrics, ledgers: readonly Pick<Ledger, 'state'>[]): void {
  metrics.gauge(
    'ambit_log_merge_delay_ms',
    'How long the oldest entry waits for its checkpoint, or waited for the last one; more than 1000 breaks a promise.',
    () => Math.max(...ledgers.map((ledger) => delayOf(ledger))),
  )
}

function delayOf(ledger: Pick<Ledger, 'state'>): number {
  const { unpublishedMs, mergeDelayMs } = ledger.state()
  return Math.round(Math.max(unpublishedMs, mergeDelayMs))
}
