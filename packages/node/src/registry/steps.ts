import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import type { RulingKind, SignedRuling } from '@ambit/core/ruling'
import type { Caller } from '../kernel/route.ts'
import { digestValue } from '../kernel/digest.ts'
import { checkDomains } from './domain-check.ts'
import { keepNamed, refuseTakenDown } from './life.ts'
import { checkStep, stateAfter } from './lifecycle.ts'
import type { Step } from './lifecycle.ts'
import { assertMayActivate } from './loosening.ts'
import { refuseQuarantined } from './names.ts'
import type { Served, VersionHead } from './registry-store.ts'
import { entryOf, mustFind, renew, writeRecordLeaf } from './room.ts'
import type { Room } from './room.ts'
import { stateOf } from './roster.ts'
import type { Held } from './roster.ts'

export interface StepRequest {
  /** Slug or AIC. */
  readonly record: string
  readonly organization: string
  readonly step: Step
  /** Principal id of the person who decided. */
  readonly person: string
  readonly note?: string
  /** The version meant; left out: the one, or all, for which the step is possible. */
  readonly version?: string
  readonly basis?: readonly string[]
  /** How the person is signed in; left out: the node carries out what was said before. */
  readonly by?: Caller['by']
}

export interface StepResult {
  /** AIC. */
  readonly record: string
  readonly slug: string
  /** Undefined only when a draft that nobody ever submitted was put away. */
  readonly ruling: SignedRuling | undefined
}

/** A ruling names at most this many versions (core, ruling.ts). */
export const digestsMax = 100

/** Makes the ruling of a step, if the state of the record allows it, and renews what is in memory. Throws a Fault `record.state`. */
export async function takeStep(room: Room, request: StepRequest): Promise<StepResult> {
  const { id } = mustFind(room, request.record, request.organization)
  return await room.turns.take(id, async () => {
    const held = mustFind(room, id, request.organization)
    refuseTakenDown(room.life, held)
    if (request.step === 'submission') return await submit(room, held, request)
    if (request.step === 'retirement') return await retire(room, held, request)
    const versions = versionsFor(room, await forStep(room, held, request.step), request)
    if (request.step === 'reinstatement') refuseQuarantined(room, await bodyOf(room, held, versions[0]!))
    if (request.step === 'activation') {
      await refuseSamePerson(room, held, versions[0]!, request.person)
      return await activate(room, held, versions[0]!, request)
    }
    return await rule(room, held, versions, request)
  })
}

/** Where the organisation asks for two people. Throws `record.second-person`. */
async function refuseSamePerson(room: Room, held: Held, { digest, version }: VersionHead, person: string) {
  if (!(await room.life.rows.wantsTwoPeople(held.organization))) return
  const rulings = await room.rulings.list(held.id)
  const submission = rulings.findLast(
    ({ body }) => body.kind === 'submission' && body.subject.digests.includes(digest),
  )
  if (submission?.body.person !== person) return
  throw new Fault('record.second-person', {
    detail: `version ${version} was submitted by the same person`,
    where: held.slug,
  })
}

/** A reinstatement is about versions that were in use before: none comes into use by a recall and its end. */
async function forStep(room: Room, held: Held, step: Step): Promise<Held> {
  if (step !== 'reinstatement') return held
  const rulings = await room.rulings.list(held.id)
  const activated = new Set(
    rulings.filter(({ body }) => body.kind === 'activation').flatMap(({ body }) => body.subject.digests),
  )
  return { ...held, versions: held.versions.filter((version) => activated.has(version.digest)) }
}

/** The exact versions that a step is about; never none. */
function versionsFor(room: Room, held: Held, request: StepRequest): readonly VersionHead[] {
  const { step, version } = request
  if (version !== undefined) {
    const named = held.versions.find((each) => each.version === version)
    if (named === undefined) {
      throw new Fault('input.not-found', {
        detail: 'the record has no such version',
        where: `${held.slug} ${version.slice(0, 100)}`,
      })
    }
    checkStep(stateOf(named.digest, room.rulings).state, step, `${held.slug} ${version}`)
    return [named]
  }
  const possible = held.versions.filter((each) => {
    const { state } = stateOf(each.digest, room.rulings)
    // A version that was retired long ago is recalled only by its number.
    return stateAfter(state, step) !== undefined && state !== 'retired'
  })
  const newest = possible.at(-1)
  if (newest === undefined) {
    const last = held.versions.at(-1)
    checkStep(last === undefined ? 'draft' : stateOf(last.digest, room.rulings).state, step, held.slug)
    return [last!]
  }
  // Only one version is put in force; what takes out of force takes all, so that none comes back in its place.
  return step === 'activation' || step === 'reinstatement' ? [newest] : possible.slice(-digestsMax)
}

async function rule(
  room: Room,
  held: Held,
  versions: readonly VersionHead[],
  request: StepRequest,
): Promise<StepResult> {
  const ruling = await issue(
    room,
    held,
    request.step,
    versions.map((version) => version.digest),
    request,
  )
  await room.rows.touch(held.id, room.clock.now())
  await renew(room, held.id)
  return { record: held.id, slug: held.slug, ruling }
}

async function activate(
  room: Room,
  held: Held,
  version: VersionHead,
  request: StepRequest,
): Promise<StepResult> {
  const record = await bodyOf(room, held, version)
  checkActivation(room, held, record, request)
  await writeRecordLeaf(room, record, version.digest)
  const ruling = await issue(room, held, 'activation', [version.digest], request)
  // One version is in force: were an older one still active, a recall of this one would bring it back.
  const superseded = held.versions.filter(
    (each) =>
      each.digest !== version.digest &&
      stateAfter(stateOf(each.digest, room.rulings).state, 'retirement') !== undefined,
  )
  if (superseded.length > 0) {
    await issue(
      room,
      held,
      'retirement',
      superseded.slice(-digestsMax).map((each) => each.digest),
      { ...request, note: `superseded by version ${version.version}` },
    )
  }
  await room.rows.touch(held.id, room.clock.now())
  await renew(room, held.id)
  return { record: held.id, slug: held.slug, ruling }
}

async function bodyOf(room: Room, held: Held, { digest }: VersionHead): Promise<AgentRecord> {
  const body = (await room.rows.bodies([digest])).get(digest)
  if (body !== undefined) return body.record
  throw new Fault('internal', { detail: 'a version has no document', where: held.slug })
}

/** What has to hold whenever a version comes into force, whatever was looked at when it was written. */
function checkActivation(room: Room, held: Held, record: AgentRecord, { by }: Pick<StepRequest, 'by'>): void {
  checkDomains(room, record)
  refuseQuarantined(room, record)
  assertMayActivate(held, record, by)
}

/** Why a version would not come into force, on the node's own word. */
export function activationProblem(room: Room, held: Held, record: AgentRecord): Fault | undefined {
  try {
    checkActivation(room, held, record, {})
  } catch (error) {
    if (Fault.is(error)) return error
    throw error
  }
  return undefined
}

async function submit(room: Room, held: Held, request: StepRequest): Promise<StepResult> {
  const entry = await entryOf(room, held)
  const last = held.versions.at(-1)
  if (entry.draft === undefined) {
    checkStep(
      last === undefined ? 'draft' : stateOf(last.digest, room.rulings).state,
      'submission',
      held.slug,
    )
    // A version without a ruling: the node stopped between the two. The ruling is made now.
    return await rule(room, held, [last!], request)
  }
  const { digest } = await freeze(room, held, entry.draft, entry.served)
  const ruling = await issue(room, held, 'submission', [digest], request)
  await room.rows.setDraft(held.id, undefined, {}, room.clock.now())
  await renew(room, held.id)
  return { record: held.id, slug: held.slug, ruling }
}

/** Makes a document an immutable version. The same document again is the same version. */
async function freeze(
  room: Room,
  held: Held,
  record: AgentRecord,
  served: Served,
): Promise<{ readonly digest: Digest; readonly head: VersionHead }> {
  const digest = digestValue(record)
  const same = held.versions.find((each) => each.version === record.version)
  if (same !== undefined && same.digest !== digest) {
    throw new Fault('record.version-taken', {
      detail: `the record has another version ${record.version} already`,
      where: held.slug,
    })
  }
  const head = same ?? {
    record: held.id,
    digest,
    number: (held.versions.at(-1)?.number ?? 0) + 1,
    version: record.version,
    created: room.clock.now(),
  }
  await writeRecordLeaf(room, record, digest)
  await room.rows.insertVersion(head, held.organization, { record, served })
  return { digest, head }
}

/** A document that an operator accepted for a record in use: version, submission and activation in one. Call it in a turn. */
export async function putInForce(
  room: Room,
  held: Held,
  record: AgentRecord,
  served: Served,
  request: Omit<StepRequest, 'step'>,
): Promise<void> {
  // Before anything is frozen: what is refused leaves nothing behind.
  checkActivation(room, held, record, request)
  const { digest, head } = await freeze(room, held, record, served)
  await issue(room, held, 'submission', [digest], request)
  const known = { ...held, versions: [...held.versions.filter((each) => each.digest !== digest), head] }
  await activate(room, known, head, { ...request, step: 'activation' })
}

async function retire(room: Room, held: Held, request: StepRequest): Promise<StepResult> {
  if (!held.isLive) checkStep('retired', 'retirement', held.slug)
  await room.life.rows.releaseNames([held.id])
  if (held.versions.length === 0) {
    await room.rows.deleteEntry(held.id)
    room.roster.remove(held.id)
    room.bus.publish('record.changed', { slug: held.slug, record: held.id })
    return { record: held.id, slug: held.slug, ruling: undefined }
  }
  const digests = held.versions
    .filter((each) => stateAfter(stateOf(each.digest, room.rulings).state, 'retirement') !== undefined)
    .map((each) => each.digest)
    .slice(-digestsMax)
  // Where every version was recalled there is nothing left to rule on; the name alone is given back.
  const ruling = digests.length === 0 ? undefined : await issue(room, held, 'retirement', digests, request)
  // Before it is free: nobody may come between.
  await keepNamed(room, held)
  await room.rows.endEntry(held.id, room.clock.now())
  await renew(room, held.id)
  return { record: held.id, slug: held.slug, ruling }
}

/** On whose word a ruling is made, and on what ground. */
type Statement = Pick<StepRequest, 'note' | 'basis'> & {
  /** Left out: the node does it by itself. */
  readonly person?: string
  readonly evidence?: readonly Digest[]
}

/** Makes a ruling about versions of a record. Call it in a turn. */
export async function issue(
  room: Room,
  held: Held,
  kind: RulingKind,
  digests: readonly Digest[],
  request: Statement,
): Promise<SignedRuling> {
  return await room.rulings.issue({
    kind,
    organization: held.organization,
    record: held.id,
    digests,
    ...(request.person === undefined ? {} : { person: request.person }),
    ...(request.note === undefined ? {} : { note: request.note }),
    ...(request.basis === undefined ? {} : { basis: request.basis }),
    ...(request.evidence === undefined ? {} : { evidence: request.evidence }),
  })
}
