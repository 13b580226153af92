import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Recall, Registry } from '../registry/registry.ts'
import type { Rulings } from '../ruling/ruling.ts'
import type { Store } from '../store/store.ts'
import { openDecommissionStore } from './decommission-store.ts'

/** A record as far as others keep something of it. */
export interface Subject {
  /** AIC */
  readonly id: string
  readonly slug: string
  readonly organization: string
  /** did:key */
  readonly keys: readonly string[]
  /** Where it is reached. */
  readonly urls: readonly string[]
  readonly digests: readonly Digest[]
}

/** One kind of thing that a room keeps of a record, and how it ends. */
export interface Remains {
  /** As a person reads it: `mandates`, `credentials`. */
  readonly what: string
  /** Ends all there is; gives how many there were. Safe to repeat. */
  end(subject: Subject, by: string): Promise<number>
  /** How many there are now. */
  left(subject: Subject): Promise<number>
}

export interface Report {
  readonly record: string
  readonly slug: string
  readonly at: string
  /** In the order it was done. */
  readonly done: readonly { readonly what: string; readonly count: number }[]
  /** What is there still, and why where that is known; empty: nothing is left. */
  readonly residue: readonly { readonly what: string; readonly count: number; readonly problem?: string }[]
  /** Id of the ruling whose evidence is the digest of this report without it. */
  readonly ruling?: string
}

/** Takes a record out of service for good, with everything that hangs on it, and looks what is left. */
export interface Decommission {
  /** Can be repeated, by AIC or the name it had. Throws `input.not-found`. */
  decommission(caller: Caller, slugOrId: string, note?: string): Promise<Report>
  /** The newest report. Throws `input.not-found`. */
  report(organization: string, slugOrId: string): Promise<Report>
  /** Ends everything its former keeper holds of a record that is handed over; gives what could not be ended. */
  handOver(record: string, organization: string, by: string): Promise<Report['residue']>
}

export interface DecommissionParts {
  readonly store: Store
  readonly registry: Pick<Registry, 'target' | 'read' | 'step' | 'keepFree' | 'takedowns'>
  readonly recall: Pick<Recall, 'suspend'>
  readonly rulings: Pick<Rulings, 'issue' | 'list'>
  /** In the order in which they end. */
  readonly remains: readonly Remains[]
  /** Until when somebody may still be allowed to call what has that name; undefined: nobody may. */
  readonly namedUntil: (subject: Subject) => number | undefined
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** A ruling names at most this many versions (core, ruling.ts). */
const digestsMax = 100

export async function openDecommission(parts: DecommissionParts): Promise<Decommission> {
  const rows = await openDecommissionStore(parts.store)
  const turns = createTurns()
  return {
    async decommission(caller, slugOrId, note) {
      const { organization } = caller
      const subject =
        (await subjectOf(parts, slugOrId, organization)) ?? (await known(slugOrId, organization))
      return await turns.take(subject.id, async () => {
        const report = await run(parts, subject, caller, note)
        await rows.add({
          id: namedId(parts.ids, 'dc'),
          organization,
          record: subject.id,
          slug: subject.slug,
          report: JSON.stringify(report),
          subject: JSON.stringify(subject),
          at: parts.clock.now(),
        })
        return report
      })
    },
    async report(organization, slugOrId) {
      const row = await rows.newest(organization, slugOrId)
      if (row === undefined) throw notFound(slugOrId)
      return JSON.parse(row.report) as Report
    },
    async handOver(record, organization, by) {
      const subject = await subjectOf(parts, record, organization)
      if (subject === undefined) throw notFound(record)
      await keepName(parts, subject)
      return (await endAll(parts, subject, by)).residue
    },
  }
  async function known(slugOrId: string, organization: string): Promise<Subject> {
    const row = await rows.newest(organization, slugOrId)
    if (row === undefined) throw notFound(slugOrId)
    return JSON.parse(row.subject) as Subject
  }
}

async function subjectOf(
  { registry, rulings }: DecommissionParts,
  slugOrId: string,
  organization: string,
): Promise<Subject | undefined> {
  if (registry.target(slugOrId, organization) === undefined) return undefined
  const { record, target } = await registry.read(slugOrId, organization)
  const ruled = (await rulings.list(target.id)).flatMap(({ body }) => body.subject.digests)
  return {
    id: target.id,
    slug: target.slug,
    organization,
    keys: record.keys,
    urls: record.interfaces.map(({ url }) => url).filter((url) => URL.canParse(url)),
    digests: [...new Set([...ruled, target.digest])].slice(-digestsMax),
  }
}

/** Out of use, then out of everybody's hands, then looked through, then written down. */
async function run(
  parts: DecommissionParts,
  subject: Subject,
  caller: Caller,
  note: string | undefined,
): Promise<Report> {
  const retired = await retire(parts, subject, caller, note)
  await keepName(parts, subject)
  const { done, residue } = await endAll(parts, subject, caller.person)
  const report: Report = {
    record: subject.id,
    slug: subject.slug,
    at: timeText(parts.clock.now()),
    done: [{ what: 'records', count: retired ? 1 : 0 }, ...done],
    residue,
  }
  // A draft that nobody submitted never was in the log, and its end is not either.
  if (parts.registry.target(subject.id, subject.organization) === undefined) return report
  const isDown = parts.registry.takedowns.tombstone(subject.id) !== undefined
  const left =
    residue.length === 0 ? 'nothing is left' : `left: ${residue.map(({ what }) => what).join(', ')}`
  const ruling = await parts.rulings.issue({
    // What was taken down stays so; the end is noted all the same.
    kind: isDown ? 'advisory' : 'retirement',
    organization: subject.organization,
    record: subject.id,
    digests: subject.digests,
    person: caller.person,
    basis: ['decommission'],
    evidence: [digestValue(report)],
    note: `decommissioned; ${left}${note === undefined ? '' : `: ${note}`}`.slice(0, 2000),
  })
  return { ...report, ruling: ruling.body.id }
}

/** Whether it was in the way of anything before. */
async function retire(
  { registry, recall }: DecommissionParts,
  { id: record, organization }: Subject,
  { person }: Caller,
  note: string | undefined,
): Promise<boolean> {
  const target = registry.target(record, organization)
  if (target === undefined || registry.takedowns.tombstone(record) !== undefined) return false
  const order = {
    record,
    organization,
    person,
    note: `decommissioned${note === undefined ? '' : `: ${note}`}`,
  }
  try {
    // Ends what is under way; retiring alone only lets nothing begin.
    if (target.state === 'active') await recall.suspend(order)
    await registry.step({ ...order, step: 'retirement' })
    return true
  } catch (error) {
    // It was retired before: this is a repetition, or the rest of it.
    if (Fault.is(error, 'record.state')) return false
    throw error
  }
}

async function keepName({ registry, namedUntil }: DecommissionParts, subject: Subject): Promise<void> {
  const until = namedUntil(subject)
  if (until !== undefined) await registry.keepFree(subject.organization, subject.slug, until)
}

async function endAll(
  { remains, bus, log }: DecommissionParts,
  subject: Subject,
  by: string,
): Promise<Pick<Report, 'done' | 'residue'>> {
  const done: { what: string; count: number }[] = []
  const residue: { what: string; count: number; problem?: string }[] = []
  for (const each of remains) {
    const { what } = each
    let problem: string | undefined
    let count = 0
    try {
      count = await each.end(subject, by)
    } catch (error) {
      // One room that cannot now is no reason to leave the others; it stands in the residue, and asking again mends it.
      problem = Fault.is(error) ? error.detail : 'it could not be ended now'
      log.error('decommission.failed', { record: subject.id, what, error: String(error) })
    }
    done.push({ what, count })
    bus.publish('record.decommissioning', { record: subject.id, slug: subject.slug, what, count })
    if (problem !== undefined) residue.push({ what, count: 0, problem })
  }
  // Only now: what ended one thing may have made or unmade another.
  for (const each of remains) {
    const failed = residue.find(({ what }) => what === each.what)
    try {
      const count = await each.left(subject)
      if (failed !== undefined) failed.count = count
      else if (count > 0) residue.push({ what: each.what, count })
    } catch (error) {
      // What cannot be looked at may be there still.
      log.error('decommission.not-checked', { record: subject.id, what: each.what, error: String(error) })
      if (failed === undefined)
        residue.push({ what: each.what, count: 0, problem: 'it could not be looked at now' })
    }
  }
  return { done, residue }
}

function notFound(slugOrId: string): Fault {
  return new Fault('input.not-found', { detail: 'there is no such record', where: slugOrId.slice(0, 100) })
}
