import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Wish } from './liveness-store.ts'
import type { Trouble } from './troubles.ts'

const dayMs = 86_400_000
const lookMs = 60_000

export interface SuspendingParts {
  readonly clock: Clock
  readonly log: Log
  readonly wishOf: (organization: string) => Wish | undefined
  /** The dead that this replica asks. */
  readonly dead: () => Iterable<[string, Trouble]>
  /** Suspends the record in the name of a person. Throws `record.state` where it is suspended already. */
  readonly suspend: (order: {
    readonly record: string
    readonly organization: string
    readonly person: string
    readonly note: string
  }) => Promise<void>
}

/** Suspends what is dead for longer than its organisation wishes to wait. The returned function ends it. */
export function startSuspending(parts: SuspendingParts): () => Promise<void> {
  let cancel = (): void => undefined
  let running: Promise<void> = Promise.resolve()
  let ended = false
  function plan(): void {
    cancel = parts.clock.after(lookMs, () => {
      running = suspendDue(parts)
        .catch((error: unknown) => parts.log.error('liveness.not-suspended', { error: String(error) }))
        .finally(() => {
          if (!ended) plan()
        })
    })
  }
  plan()
  return async () => {
    ended = true
    cancel()
    await running
  }
}

async function suspendDue({ clock, log, wishOf, dead, suspend }: SuspendingParts): Promise<void> {
  for (const [record, { organization, state, since }] of dead()) {
    const wish = wishOf(organization)
    const days = wish?.suspendAfterDays ?? null
    if (state !== 'dead' || wish === undefined || days === null || clock.now() - since < days * dayMs)
      continue
    const note = `It has not answered for ${days} ${days === 1 ? 'day' : 'days'}, and the organisation wishes such records suspended.`
    try {
      await suspend({ record, organization, person: wish.by, note })
      log.info('liveness.suspended', { record, days })
    } catch (error) {
      // One that cannot be suspended now keeps the others from nothing.
      log.warn('liveness.not-suspended', { record, error: String(error) })
    }
  }
}
