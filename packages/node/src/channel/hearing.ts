import type { Bus, BusMessage } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { RoleName } from '../kernel/route.ts'
import type { Topic } from './channel-row.ts'
import type { ChannelStore } from './channel-store.ts'
import { giveUpMs } from './attempt.ts'
import type { Courier } from './courier.ts'
import type { Hearers } from './hearers.ts'
import { approvalNotice, fatigueNotice, feedNotice, livenessNotice } from './notice.ts'
import { planNotice, rulingNotice, stopNotice } from './notice.ts'
import type { ApprovalFact, Notice, PlanFact } from './notice.ts'

/** That somebody is tired is told once in this time, however often they try. */
const fatigueEveryMs = 10 * 60_000
/** A feed that goes on and on is told of once in this time. */
const feedEveryMs = 15 * 60_000

/** What this room asks of those whose messages it hears; a message only says «look». */
export interface ChannelSources {
  readonly approval: (id: string) => Promise<ApprovalFact | undefined>
  readonly plan: (id: string) => Promise<PlanFact | undefined>
  /** What waits for a person: pending, and held. */
  readonly waitingFor: (person: string) => Promise<readonly ApprovalFact[]>
  readonly people: (
    organization: string,
  ) => Promise<readonly { readonly id: string; readonly name: string; readonly roles: readonly RoleName[] }[]>
}

export interface HearingParts extends ChannelSources {
  readonly store: ChannelStore
  readonly hearers: Hearers
  readonly courier: Courier
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
}

/** Hears the bus, and has everybody told who wants to hear. */
export interface Hearing {
  /** Tells of what waits and was not told yet, because the node ended in between or a message was missed. */
  recover(): Promise<void>
  close(): Promise<void>
}

/**
 * Every replica hears of everything and enters the same notices; the store takes each once. So it does not matter which
 * of them ends in between.
 */
export function createHearing(parts: HearingParts): Hearing {
  const { bus, log } = parts
  const under = new Set<Promise<void>>()
  function hear(subject: string, listen: (message: BusMessage, step: string) => Promise<void>): () => void {
    return bus.subscribe(subject, (message, full) => {
      const told = listen(message, full.split('.')[1] ?? '')
        .catch((error: unknown) => log.error('channel.not-told', { subject: full, error: String(error) }))
        .finally(() => under.delete(told))
      under.add(told)
    })
  }
  const ends = [
    ...['asked', 'held', 'agreed', 'denied', 'expired', 'void', 'done'].map((step) =>
      hear(`approval.${step}`, async (message) => await onApproval(parts, message, step)),
    ),
    hear('approval.plan', async (message) => await onPlan(parts, message)),
    hear('approval.fatigue', async (message) => await onFatigue(parts, message)),
    hear('stop.changed', async (message) => await onStop(parts, message)),
    hear('liveness.changed', async (message) => await onLiveness(parts, message)),
    ...(['advisory', 'takedown'] as const).map((kind) =>
      hear(`record.${kind}`, async (message) => await onRuling(parts, kind, message)),
    ),
    hear('feed.new', async (message) => await onFeed(parts, message)),
    bus.onGap(async () => await recover(parts)),
  ]
  return {
    recover: async () => await recover(parts),
    async close() {
      for (const end of ends) end()
      await Promise.all(under)
    },
  }
}

async function recover(parts: HearingParts): Promise<void> {
  const since = parts.clock.now() - giveUpMs
  for (const person of parts.hearers.reachable()) {
    for (const fact of await parts.waitingFor(person)) {
      const notice = approvalNotice(fact, fact.state === 'held' ? 'held' : 'asked', fact.asked)
      // What is older was told, or its notice is forgotten by now: it would be told again.
      if (notice !== undefined && fact.asked > since) await tell(parts, [fact.subject], notice)
    }
  }
}

async function onApproval(parts: HearingParts, { id, subject, organization }: BusMessage, step: string) {
  if (typeof id !== 'string' || typeof subject !== 'string' || typeof organization !== 'string') return
  const second = step === 'agreed'
  const topic: Topic = second || step === 'asked' ? 'asked' : step === 'held' ? 'held' : 'ended'
  // Before the store is asked: most have nobody who wants to hear.
  const wanted = (person: string) => parts.hearers.wants(person, topic)
  if (!second && !wanted(subject)) return
  const approvers = second ? await withRole(parts, organization, ['owner', 'approver']) : []
  const people = [...new Set([subject, ...approvers])].filter(wanted)
  if (people.length === 0) return
  const fact = await parts.approval(id)
  if (fact === undefined || fact.organization !== organization || fact.subject !== subject) return
  const notice = approvalNotice(fact, step, parts.clock.now())
  if (notice === undefined) return
  await tell(
    parts,
    people.filter((person) => !second || person !== fact.agreedBy),
    notice,
  )
}

async function onPlan(parts: HearingParts, { id, subject, state }: BusMessage): Promise<void> {
  if (typeof id !== 'string' || typeof subject !== 'string') return
  if (!parts.hearers.wants(subject, state === 'pending' ? 'asked' : 'ended')) return
  const fact = await parts.plan(id)
  if (fact === undefined || fact.subject !== subject) return
  await tell(parts, [subject], planNotice(fact, parts.clock.now()))
}

async function onFatigue(parts: HearingParts, { person, organization }: BusMessage): Promise<void> {
  if (typeof person !== 'string' || typeof organization !== 'string') return
  const people = await parts.people(organization)
  const tired = people.find(({ id }) => id === person)
  if (tired === undefined) return
  const now = parts.clock.now()
  const once = String(Math.floor(now / fatigueEveryMs))
  const operators = await withRole(parts, organization, ['owner', 'operator'])
  await tell(parts, operators, fatigueNotice(person, tired.name, once, now))
}

async function onStop(parts: HearingParts, { id, organization, step }: BusMessage): Promise<void> {
  if (typeof id !== 'string' || typeof organization !== 'string') return
  if (step !== 'stopped' && step !== 'lifted') return
  const operators = await withRole(parts, organization, ['owner', 'operator'])
  await tell(parts, operators, stopNotice(id, step, parts.clock.now()))
}

/** Those who keep the records of the organisation: whoever answers for one in its record need not be a person here. */
async function onLiveness(
  parts: HearingParts,
  { slug, organization, state, since }: BusMessage,
): Promise<void> {
  if (typeof slug !== 'string' || typeof organization !== 'string') return
  if (typeof state !== 'string' || typeof since !== 'number') return
  const notice = livenessNotice(slug, state, since)
  if (notice !== undefined)
    await tell(parts, await withRole(parts, organization, ['owner', 'operator']), notice)
}

async function onRuling(
  parts: HearingParts,
  kind: 'advisory' | 'takedown',
  { slug, organization, ruling }: BusMessage,
): Promise<void> {
  if (typeof slug !== 'string' || typeof organization !== 'string' || typeof ruling !== 'string') return
  const people = await withRole(parts, organization, ['owner', 'operator'])
  await tell(parts, people, rulingNotice(slug, kind, ruling, parts.clock.now()))
}

async function onFeed(parts: HearingParts, { person }: BusMessage): Promise<void> {
  if (typeof person !== 'string' || !parts.hearers.wants(person, 'feed')) return
  const now = parts.clock.now()
  await tell(parts, [person], feedNotice(String(Math.floor(now / feedEveryMs)), now))
}

async function withRole(
  { people }: HearingParts,
  organization: string,
  roles: readonly RoleName[],
): Promise<readonly string[]> {
  const all = await people(organization)
  return all.filter((person) => person.roles.some((role) => roles.includes(role))).map(({ id }) => id)
}

/** Everything that happened before a channel was there is not told through it. */
async function tell(parts: HearingParts, people: readonly string[], notice: Notice): Promise<void> {
  const { store, hearers, courier } = parts
  for (const person of people) {
    if (notice.topic === 'test' || !hearers.wants(person, notice.topic)) continue
    for (const channel of await store.ofPerson(person)) {
      if (channel.created <= notice.at) await courier.tell(channel, notice)
    }
  }
}
