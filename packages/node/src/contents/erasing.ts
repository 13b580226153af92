import { canonicalJson } from '@ambit/core/canonical'
import { base64url, utf8, utf8Text } from '@ambit/core/bytes'
import { Fault } from '@ambit/core/fault'
import type { Leaf } from '@ambit/core/leaf'
import { commitment, saltBytes } from '@ambit/core/receipt'
import type { Erasure, Period, SubjectKeys, Subjects } from '../identity/identity.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ContentShelf } from './shelf.ts'

export interface ErasingParts {
  readonly subjects: Subjects
  readonly shelf: ContentShelf
  readonly ledger: Pick<Ledger, 'write' | 'size' | 'entries'>
  readonly clock: Clock
  readonly ids: Ids
  /** Whether what is said is kept; where it is not, nothing tells keys that were used from those that were not. */
  readonly keeps: boolean
  keptSince(): number
  settle(): Promise<void>
  /** Resolves when no block is on its way to the shelf. */
  idle(): Promise<void>
}

export interface ErasureRequest {
  readonly person: string
  /** Left out: everything. */
  readonly period?: Period
  /** The legal ground, in words. It stands in the log for good. */
  readonly ground: string
  /** Principal id of whoever has it done. */
  readonly by: string
}

export interface ErasureReply {
  readonly periods: readonly Period[]
  /** Left out when there was nothing to erase. */
  readonly entry?: {
    readonly index: number
    readonly subject: string
    /** With it, and the person's id, the entry of the log is shown to be about them. Kept nowhere. */
    readonly salt: string
  }
}

/**
 * Destroys the keys of a person, then the bytes they sealed, then says so in the log. From the first of these steps on
 * nobody opens anything; the others are finished at the next start when the node ends between them.
 */
export async function erase(parts: ErasingParts, request: ErasureRequest): Promise<ErasureReply> {
  const { subjects, clock, ids, ledger } = parts
  const { person, period, ground, by } = request
  if ((await subjects.frozen(person)) !== undefined) {
    throw new Fault('contents.frozen', {
      detail: 'what is frozen may not be erased',
      remedy: 'Release it first, when the reason to keep it has gone.',
    })
  }
  await parts.settle()
  const periods: Period[] = []
  const tags: string[] = []
  for (const each of await subjects.periods(person)) {
    const keys = await subjects.of(person, each)
    if ((period !== undefined && each !== period) || keys === undefined) continue
    if (await isUnused(parts, person, keys)) continue
    periods.push(each)
    tags.push(keys.tag.toString('hex'))
  }
  if (periods.length === 0) return { periods }
  const salt = clock.random(saltBytes)
  const subject = await commitment(salt, utf8(person))
  const erasure: Erasure = {
    id: namedId(ids, 'e'),
    person,
    periods,
    tags,
    subject,
    ground,
    by,
    at: clock.now(),
    logSize: ledger.size,
  }
  await subjects.destroy(erasure)
  const index = await complete(parts, erasure)
  return { periods, entry: { index, subject, salt: base64url(salt) } }
}

/** Holders take new keys right after an erasure; as long as nothing was said under them there is nothing to erase again. */
async function isUnused(parts: ErasingParts, person: string, keys: SubjectKeys): Promise<boolean> {
  const keptSince = parts.keptSince()
  const before = (await parts.subjects.erasuresOf(person)).find(
    ({ at, periods }) => at >= keptSince && periods.includes(keys.period),
  )
  if (before === undefined || !parts.keeps) return false
  const { blocks, damaged } = await parts.shelf.find(keys.tag, before.at, parts.clock.now())
  return blocks.length === 0 && !damaged
}

/** Finishes what an earlier start began. */
export async function finishErasures(parts: ErasingParts): Promise<number> {
  const unfinished = await parts.subjects.unfinished()
  for (const erasure of unfinished) await complete(parts, erasure)
  return unfinished.length
}

async function complete(parts: ErasingParts, erasure: Erasure): Promise<number> {
  // A block that was sealed before the keys were destroyed may still be on its way.
  await parts.idle()
  await parts.shelf.erase(new Set(erasure.tags))
  const index = (await entryOf(parts, erasure)) ?? (await parts.ledger.write(leafOf(erasure)))
  await parts.subjects.finish(erasure.id)
  return index
}

function leafOf({ at, subject, ground, by }: Erasure): string {
  return canonicalJson({ v: 1, kind: 'erase', at: timeText(at), subject, ground, by })
}

/** Where the log says it already: the node may have ended right after that. */
async function entryOf({ ledger }: ErasingParts, erasure: Erasure): Promise<number | undefined> {
  for await (const { index, entry } of ledger.entries(erasure.logSize)) {
    const text = utf8Text(entry)
    if (!text.includes(erasure.subject)) continue
    const leaf = JSON.parse(text) as Leaf
    if (leaf.kind === 'erase' && leaf.subject === erasure.subject) return index
  }
  return undefined
}
