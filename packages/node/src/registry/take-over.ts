import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import type { TransferRow } from './life-store.ts'
import type { Recall } from './recall.ts'
import type { Registry } from './registry.ts'
import type { AcceptRequest } from './transfer.ts'

export interface TakeOverParts {
  readonly registry: Pick<Registry, 'target' | 'transfers'>
  readonly recall: Pick<Recall, 'suspend'>
  /** Ends what its former keeper holds of a record (AIC); gives what could not be ended. */
  readonly handOver: (
    record: string,
    organization: string,
    by: string,
  ) => Promise<readonly { readonly what: string }[]>
  readonly clock: Clock
  readonly log: Log
}

/** Carries transfers out: those that are accepted now, and those that a node that stopped left half done. */
export interface TakeOvers extends Disposable {
  /** Gives the AIC. Safe to repeat while the transfer is at `accepting`. */
  accept(caller: Caller, id: string, request: AcceptRequest): Promise<string>
  /** What was left is looked for now, and again each minute. */
  start(): Promise<void>
}

const lookMs = 60_000
/** Whoever set about one before that is not at it any more. */
const leftAfterMs = 10 * 60_000

export function createTakeOvers(parts: TakeOverParts): TakeOvers {
  const { registry, clock, log } = parts
  let ended = false
  let cancel = (): void => undefined
  async function takeUp(isLeft: (row: TransferRow) => boolean): Promise<void> {
    for (const row of await registry.transfers.unfinished()) {
      if (ended || !isLeft(row)) continue
      try {
        const begun = await registry.transfers.resume(row)
        if (begun !== undefined) await carryOut(parts, begun)
      } catch (error) {
        // It stands in the transfer too; the next one is another matter.
        log.warn('registry.transfer-unfinished', { transfer: row.id, error: String(error) })
      }
    }
  }
  function plan(): void {
    cancel = clock.after(lookMs, () => {
      takeUp((row) => row.problem === null && (row.tried ?? 0) < clock.now() - leftAfterMs)
        .catch((error: unknown) => log.warn('registry.transfers-not-read', { error: String(error) }))
        .finally(() => {
          if (!ended) plan()
        })
    })
  }
  return {
    async accept(caller, id, request) {
      const row = await registry.transfers.begin(id, caller, request)
      await carryOut(parts, row)
      return row.record
    },
    async start() {
      // Those with a problem too: it may be over by now.
      await takeUp(({ tried }) => tried === 0 || (tried ?? 0) < clock.now() - lookMs)
      plan()
    },
    [Symbol.dispose]() {
      ended = true
      cancel()
    },
  }
}

/**
 * Out of use first, so that nothing of the giver's is under way; then out of the giver's hands; then it moves. Should
 * anything fail in between, the record is suspended, nobody is allowed more than before, and each step can be repeated.
 */
async function carryOut({ registry, recall, handOver }: TakeOverParts, row: TransferRow): Promise<void> {
  const { id, record, organization } = row
  const person = row.accepted_by!
  try {
    const target = registry.target(record, organization)
    // Undefined: it moved before somebody stopped.
    if (target !== undefined) {
      if (target.state === 'active')
        await recall.suspend({ record, organization, person, note: 'handed over' })
      const left = await handOver(record, organization, person)
      if (left.length > 0) {
        throw new Fault('transfer.residue', {
          detail: `these of its former keeper could not be ended: ${left.map(({ what }) => what).join(', ')}`,
          where: id,
        })
      }
    }
    await registry.transfers.finish(row)
  } catch (error) {
    await registry.transfers.leave(row, Fault.is(error) ? error.detail : 'the node could not do it now')
    throw error
  }
}
