import { Fault } from '@ambit/core/fault'
import type { RightsLeaf } from '@ambit/core/leaf'
import { canonicalJson } from '@ambit/core/canonical'
import type { Bus } from '../bus/bus.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import { createTurns } from '../kernel/turns.ts'
import type { TextRecords } from '../net/text-records.ts'
import type { Upstream } from '../net/upstream.ts'
import type { ProvedDomains } from '../registry/registry.ts'
import type { Store } from '../store/store.ts'
import { domainName, isWithin } from './domain-name.ts'
import { openOwnershipStore } from './ownership-store.ts'
import type { DomainRow } from './ownership-store.ts'
import { findProof } from './proof.ts'
import { afterCheck } from './state.ts'

export { stateOf } from './state.ts'
export type { DomainRow } from './ownership-store.ts'

/**
 * Which domains are an organisation's own: proved by what only their owner can put there, and by nothing that anybody
 * says of itself (a card whose signer named its own key proves no domain).
 */
export interface Ownership extends ProvedDomains, Disposable {
  list(organization: string): Promise<readonly DomainRow[]>
  /** With the token to put there; the same again for a domain that is there. Throws `ownership.domain`, `ownership.too-many`. */
  add(caller: Caller, domain: string): Promise<DomainRow>
  /** Looks for the proof now. Throws `input.not-found`. */
  check(caller: Caller, domain: string): Promise<DomainRow>
  remove(caller: Caller, domain: string): Promise<void>
}

export interface OwnershipParts {
  readonly store: Store
  /** Connections of its own: what a domain holds up holds up no act. */
  readonly upstream: Upstream
  readonly texts: TextRecords
  /** Name of an organisation, as people read it. */
  readonly nameOf: (organization: string) => Promise<string | undefined>
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  /** Whether records are activated only within proved domains. */
  readonly required: boolean
}

const domainsMax = 50
/** The token is 128 bits: nobody guesses it, and it is no secret once it is published. */
const tokenBytes = 16
const changedSubject = 'ownership.changed'
/** How often what is due is looked for, and how much of it at once. */
const roundMs = 5 * 60_000
const roundRowsMax = 100

/** In memory: which domains are proved, and by whom. */
class Proved {
  #domains = new Map<string, Set<string>>()
  #names = new Map<string, string>()

  async load(rows: readonly DomainRow[], nameOf: OwnershipParts['nameOf']): Promise<void> {
    const domains = new Map<string, Set<string>>()
    for (const { organization, domain } of rows)
      domains.set(organization, (domains.get(organization) ?? new Set()).add(domain))
    const names = new Map<string, string>()
    for (const organization of domains.keys())
      names.set(organization, (await nameOf(organization)) ?? organization)
    this.#domains = domains
    this.#names = names
  }

  has(organization: string, host: string): boolean {
    const known = this.#domains.get(organization)
    if (known === undefined) return false
    for (const domain of known) if (isWithin(host, domain)) return true
    return false
  }

  *namesBut(organization: string): Iterable<string> {
    for (const [id, name] of this.#names) if (id !== organization) yield name
  }
}

export async function openOwnership(parts: OwnershipParts): Promise<Ownership> {
  const { store, bus, clock, log, nameOf } = parts
  const rows = await openOwnershipStore(store)
  const turns = createTurns()
  const proved = new Proved()
  const load = async () => await proved.load(await rows.proved(), nameOf)
  await load()
  const ends = [
    bus.subscribe(changedSubject, (_message, _subject, from) => {
      if (from === 'elsewhere') load().catch((error: unknown) => bus.missed(error))
    }),
    bus.onGap(load),
  ]

  async function known(organization: string, text: string): Promise<DomainRow> {
    const row = await rows.domain(organization, domainName(text))
    if (row !== undefined) return row
    throw new Fault('input.not-found', {
      detail: 'the organisation has no such domain',
      where: text.slice(0, 253),
    })
  }
  async function changed(row: DomainRow, what: 'domain-proved' | 'domain-lost', by: string): Promise<void> {
    await load()
    bus.publish(changedSubject, { organization: row.organization })
    await parts.leaves.write(canonicalJson(leafOf(row, what, by, clock.now())))
  }
  async function look({ organization, domain, ...known }: DomainRow, by: string): Promise<DomainRow> {
    return await turns.take(`${organization} ${domain}`, async () => {
      // Somebody may have looked, or given it up, while this waited.
      const before = (await rows.domain(organization, domain)) ?? { organization, domain, ...known }
      const found = await findProof(parts, before.domain, before.token)
      const after = afterCheck(before, found, clock.now())
      await rows.keep(after)
      const isLost = after.proved === null
      if ((before.proved === null) !== isLost)
        await changed(after, isLost ? 'domain-lost' : 'domain-proved', by)
      return after
    })
  }
  const stopRounds = startRounds(
    clock,
    async () => {
      for (const row of await rows.due(clock.now(), roundRowsMax)) {
        if (!(await rows.take(row, clock.now() + roundMs))) continue
        await look(row, row.added_by)
      }
      // An organisation may be called something else by now.
      await load()
    },
    log,
  )

  return {
    isProved: (organization, host) => proved.has(organization, host),
    namesOfOthers: (organization) => proved.namesBut(organization),
    required: parts.required,
    list: async (organization) => await rows.domains(organization),
    async add({ organization, person }, text) {
      const domain = domainName(text)
      const before = await rows.domains(organization)
      const there = before.find((each) => each.domain === domain)
      if (there !== undefined) return there
      if (before.length >= domainsMax)
        throw new Fault('ownership.too-many', { detail: `there are ${domainsMax} already`, where: 'domain' })
      const row = newDomain(organization, domain, person, clock)
      await rows.add(row)
      return (await rows.domain(organization, domain)) ?? row
    },
    async check({ organization, person }, domain) {
      return await look(await known(organization, domain), person)
    },
    async remove({ organization, person }, domain) {
      const row = await known(organization, domain)
      await rows.remove(organization, row.domain)
      if (row.proved !== null) await changed(row, 'domain-lost', person)
    },
    [Symbol.dispose]() {
      stopRounds()
      for (const end of ends) end()
    },
  }
}

function newDomain(organization: string, domain: string, person: string, clock: Clock): DomainRow {
  const now = clock.now()
  return {
    organization,
    domain,
    token: `ambit-domain=${clock.random(tokenBytes).toString('hex')}`,
    added_by: person,
    added: now,
    way: null,
    proved: null,
    failing: null,
    checked: null,
    due: now + roundMs,
    problem: null,
  }
}

function startRounds(clock: Clock, round: () => Promise<void>, log: Log): () => void {
  let cancel = clock.after(roundMs, run)
  let ended = false
  function run(): void {
    round()
      .catch((error: unknown) => log.warn('ownership.round-failed', { error: String(error) }))
      .finally(() => {
        if (!ended) cancel = clock.after(roundMs, run)
      })
  }
  return () => {
    ended = true
    cancel()
  }
}

function leafOf(
  { organization, domain, added_by: person }: DomainRow,
  what: RightsLeaf['what'],
  by: string,
  at: number,
): RightsLeaf {
  return { v: 1, kind: 'rights', at: timeText(at), organization, person, by, what, domain }
}
