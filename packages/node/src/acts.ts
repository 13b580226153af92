import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { openReceiptStore } from './receipt/receipt-store.ts'
import type { InFlight } from './gateway/in-flight.ts'
import { recoverActs, startSnapshots } from './receipt/receipt.ts'
import type { ActParts } from './receipt/receipt.ts'
import type { Reservations } from './authority/authority.ts'
import type { OpenReplicas } from './replica/replica.ts'

/** How often a replica looks whether it can finish what one that ended left behind. */
const lookMs = 5000

/** The processes that share the activity log and the budgets; undefined: this one is alone with its log. */
export function sharers({
  config,
  replicas,
}: Pick<Foundation, 'config' | 'replicas'>): OpenReplicas | undefined {
  return config.logEngine === 'postgres' ? replicas : undefined
}

/** Takes up what the activity log knows of acts before this start, and keeps it current from now on. */
export async function keepActs(foundation: Foundation, domains: Domains, inFlight: InFlight): Promise<void> {
  const { activityLedger: ledger, clock, log, disposer, store } = foundation
  const parts = { ledger, clock, log, open: await openReceiptStore(store), spent: domains.authority }
  const replicas = sharers(foundation)
  if (replicas === undefined) await recoverActs(parts)
  else disposer.add('acts of ended replicas', await finishForEnded(parts, replicas, domains))
  inFlight.acknowledge(ledger.size - 1)
  const stop = await startSnapshots(parts, {
    replica: replicas?.self,
    openActs: () => inFlight.openActs(),
    position: (size) => inFlight.position(size),
    reservations: () => inFlight.reservations(),
  })
  disposer.add('snapshots of acts', stop)
}

/**
 * Finishes, now and from now on, the acts of replicas that ended, and then takes up what they had approved or were
 * performing. The returned function ends it.
 */
async function finishForEnded(
  parts: ActParts<Reservations>,
  replicas: OpenReplicas,
  { authority, approvals }: Pick<Domains, 'authority' | 'approvals'>,
): Promise<() => Promise<void>> {
  const { clock, log } = parts
  let running: Promise<void> = Promise.resolve()
  let cancel = (): void => undefined
  let ended = false
  async function finish(after: () => Promise<void>): Promise<void> {
    for (const id of replicas.dead()) {
      if (ended || !(await replicas.take(id))) continue
      await recoverActs(parts, id)
      await after()
      await replicas.bury(id)
      log.info('replica.finished', { replica: id })
    }
    // Buried without its budgets: it had come back for a moment, and then ended all the same.
    for (const id of await replicas.gone(await authority.unsettled()))
      if (!ended && !replicas.dead().includes(id)) await recoverActs(parts, id)
  }
  function look(): void {
    running = running
      .then(async () => await finish(async () => void (await approvals.recover())))
      .catch((error: unknown) => log.error('replica.not-finished', { error: String(error) }))
  }
  function schedule(): void {
    cancel = clock.after(lookMs, () => {
      if (replicas.dead().length > 0) look()
      schedule()
    })
  }
  // What was approved is announced when the gateway listens.
  await finish(async () => undefined)
  schedule()
  const endChanges = replicas.onChange(look)
  return async () => {
    ended = true
    cancel()
    endChanges()
    await running
  }
}
