import { openDecommission } from './decommission/decommission.ts'
import type { Decommission } from './decommission/decommission.ts'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import type { TaskKeeping } from './pushes.ts'
import { namedUntil, remainsOf } from './remains.ts'
import { createTakeOvers } from './registry/registry.ts'
import type { TakeOvers } from './registry/registry.ts'
import type { Response } from './response/response.ts'

export interface EndingParts {
  readonly response: Response
  readonly pushes: TaskKeeping['pushes']
}

/** Joins the end of a record to everything that the rooms of this node keep of it. */
export async function openDecommissionOf(
  foundation: Foundation,
  domains: Domains,
  { response, pushes }: EndingParts,
): Promise<Decommission> {
  const { registry, rulings, authority, agentKeys: keys, ca } = domains
  return await openDecommission({
    ...foundation,
    registry,
    recall: response,
    rulings,
    remains: remainsOf({ domains, pushes, keys, ca }),
    namedUntil: (subject) => namedUntil(authority.mandates.book, subject),
  })
}

/** Carries out transfers of records; those that a node that stopped left half done are gone on with from now on. */
export async function openTakeOversOf(
  { clock, log, disposer }: Foundation,
  { registry }: Domains,
  { response: recall, decommission }: { readonly response: Response; readonly decommission: Decommission },
): Promise<TakeOvers> {
  const takeOvers = createTakeOvers({
    registry,
    recall,
    handOver: async (record, organization, by) => await decommission.handOver(record, organization, by),
    clock,
    log,
  })
  disposer.add('transfers', () => takeOvers[Symbol.dispose]())
  await takeOvers.start()
  return takeOvers
}
