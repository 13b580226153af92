import { lastingLinks } from '@ambit/core/mandate-chain'
import type { StopWhat, Suspended } from './approval/approval.ts'
import { voidWaiting } from './approval/voiding.ts'
import { rowFor } from './authority/permission.ts'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import type { InFlight } from './gateway/in-flight.ts'
import type { Caller } from './kernel/route.ts'
import { createStopping } from './response/stop.ts'
import type { Stopping } from './response/stop.ts'
import type { StopOrder } from './response/stop-subject.ts'
import { waitingAct } from './stopped.ts'

/** What a person means who refuses an act and wants whoever asked stopped. */
export function orderOf(
  { person }: Caller,
  { callers, holder, subject, links }: Suspended,
  what: StopWhat,
): StopOrder {
  return what === 'mandate'
    ? { what, subject: lastingLinks(links).at(-1) }
    : { what, subject: callers[0] ?? holder, scope: person === subject ? 'mine' : 'organization' }
}

/** Joins the stops to what they end: acts under way, what waits for a person, what lies in the outbox. */
export async function openStopping(
  { activityLedger, log, clock, ids, disposer, bus }: Foundation,
  { authority, registry, identity, approvals }: Domains,
  inFlight: InFlight,
): Promise<Stopping> {
  const stopping = createStopping({
    stops: authority.stops,
    stopActs: (matches, { code, what }) => inFlight.stop(matches, code, what),
    voidWaiting: async (organization, matches, why) =>
      await voidWaiting(approvals, organization, (suspended) => matches(waitingAct(registry, suspended)), [
        why,
      ]),
    agent(organization, name) {
      const target = registry.target(name, organization) ?? registry.target(name)
      return target?.organization === organization ? target.id : undefined
    },
    mandate: async (caller, id) => await rowFor(authority.mandates, caller, id, false),
    hasPerson: async (organization, id) => (await identity.person(id))?.organization === organization,
    leaves: activityLedger,
    log,
    clock,
    ids,
    gateway: activityLedger.name,
  })
  disposer.add('stops', async () => await stopping[Symbol.asyncDispose]())
  // The replica that revoked does it; what it could not end is judged again when a person has decided.
  const unsubscribe = bus.subscribe('mandate.revoked', ({ ids: revoked }, _subject, from) => {
    if (from !== 'here' || !Array.isArray(revoked)) return
    voidRevoked({ authority, approvals }, revoked as readonly string[]).catch((error: unknown) =>
      log.error('approval.not-voided', { error: String(error) }),
    )
  })
  disposer.add('what waits under revoked mandates', unsubscribe)
  await stopping.recover()
  return stopping
}

/** Nobody need decide what may no longer happen: what waits under these mandates ends. */
async function voidRevoked(
  { authority, approvals }: Pick<Domains, 'authority' | 'approvals'>,
  revoked: readonly string[],
): Promise<void> {
  const organizations = new Set<string>()
  for (const id of revoked) {
    const row = await authority.mandates.store.find(id)
    if (row !== undefined) organizations.add(row.organization)
  }
  const ended = new Set(revoked)
  const reason = { code: 'mandate.revoked', rule: revoked[0] ?? '', what: 'its mandate was revoked' }
  for (const organization of organizations) {
    await voidWaiting(approvals, organization, ({ links }) => links.some((id) => ended.has(id)), [reason])
  }
}
