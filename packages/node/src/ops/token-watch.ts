import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Series, TokenState } from '../ledger/ledger.ts'

const lookEveryMs = 1000
/** A card takes a second for a signature, and a token may be busy with others: what lasts longer is no delay any more. */
const unsignedMsMax = 10_000

export interface TokenWatchParts {
  readonly ledgers: readonly Pick<Series, 'name' | 'state'>[]
  readonly clock: Clock
  readonly log: Log
  /** Called when acts must not begin any more, and with undefined when they may again. */
  onUnsigned(fault: Fault | undefined): void
}

/**
 * Stops acts while a log is not signed because the token with its key is away: what is recorded under no checkpoint
 * must not grow without an end. Does nothing where keys are at hand. Ends with the returned function.
 */
export function watchTokens(parts: TokenWatchParts): () => void {
  const { ledgers, clock, log } = parts
  let held = false
  let cancel = (): void => undefined
  function look(): void {
    const fault = unsigned(ledgers)
    if (fault !== undefined && !held) log.error('log.unsigned', { detail: fault.detail })
    if (fault === undefined && held) log.info('log.signed-again', {})
    if (fault !== undefined || held) parts.onUnsigned(fault)
    held = fault !== undefined
    cancel = clock.after(lookEveryMs, look)
  }
  cancel = clock.after(lookEveryMs, look)
  return () => cancel()
}

/** How a token does, in the words of the health check and of faults. */
export function tokenText({ token, waitingMs, reason }: TokenState): string {
  if (reason !== undefined) return reason
  return waitingMs > 0
    ? `the token ${token} has not answered for ${Math.round(waitingMs)} ms`
    : `the token ${token} signs`
}

function unsigned(ledgers: TokenWatchParts['ledgers']): Fault | undefined {
  for (const { name, state } of ledgers.map((ledger) => ({ name: ledger.name, state: ledger.state() }))) {
    if (state.token === undefined || state.unpublishedMs <= unsignedMsMax) continue
    const seconds = Math.round(state.unpublishedMs / 1000)
    return new Fault('ledger.unsigned', {
      detail: `entries of ${name} wait ${seconds} s for their checkpoint: ${tokenText(state.token)}`,
    })
  }
  return undefined
}
