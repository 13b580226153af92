import { lastingLinks } from '@ambit/core/mandate-chain'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { openOutbox } from './outbox/outbox.ts'
import type { Outbox, UndoingAct, UndoingEnd } from './outbox/outbox.ts'

const dayMs = 86_400_000

/** The journal of what is done in people's names; `perform` is the gateway's. */
export async function openJournal(
  foundation: Foundation,
  domains: Domains,
  perform: (undoing: UndoingAct) => Promise<UndoingEnd>,
): Promise<Outbox> {
  const { store, bus, clock, ids, log, disposer, config, activityLedger: ledger } = foundation
  const { registry, identity, contents, authority, approvals } = domains
  function mandateOf(links: readonly string[]) {
    const last = lastingLinks(links).at(-1)
    return last === undefined ? undefined : authority.mandates.book.get(last)
  }
  const outbox = await openOutbox({
    store,
    ledger,
    leaves: ledger,
    bus,
    clock,
    ids,
    log,
    contents,
    keepMs: config.contentsDays === undefined ? undefined : config.contentsDays * dayMs,
    settle: async () => await contents.settle(),
    target: (digest) => registry.targetOfDigest(digest),
    record: (id) => registry.target(id),
    purpose: (links) => mandateOf(links)?.body.purpose,
    personName: async (id) => (await identity.person(id))?.name,
    async approval(id) {
      const row = await approvals.parts.store.find(id)
      if (row === undefined) return undefined
      const suspended = await approvals.parts.safe.suspended(id)
      const { organization, subject, due, decided_by: decidedBy } = row
      return { organization, subject, due, decidedBy, suspended }
    },
    async holderOf(links) {
      const mandate = mandateOf(links)
      return mandate && (await authority.wake(mandate.body.holder, links))
    },
    veto: async (caller, id) => await approvals.veto(caller, id),
    perform,
  })
  disposer.add('journal', async () => await outbox[Symbol.asyncDispose]())
  return outbox
}
