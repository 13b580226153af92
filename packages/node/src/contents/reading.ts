import { Fault } from '@ambit/core/fault'
import { periodBefore, periodOf } from '../identity/identity.ts'
import type { Period, SubjectKeys, Subjects } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import { readRecords } from './record.ts'
import type { ContentField } from './record.ts'
import { openBlock } from './seal.ts'
import type { ContentShelf } from './shelf.ts'

/** What was said in an act, as far as it is there. */
export interface ActReading {
  /** From which the salts of its commitments are derived; undefined where the period's keys are gone. */
  readonly saltKey: Buffer | undefined
  readonly fields: ReadonlyMap<ContentField, Buffer | 'too-large'>
  /** Some bytes that may have held more could not be read. */
  readonly damaged: boolean
}

export interface ActSpan {
  /** Principal id of the person whose act it is. */
  readonly person: string
  readonly act: string
  /** When it began and ended, in ms; it may not have ended yet. */
  readonly from: number
  readonly to: number | undefined
}

export interface ReadingParts {
  readonly subjects: Subjects
  readonly shelf: ContentShelf
  readonly clock: Clock
  settle(): Promise<void>
}

/** Throws `contents.erased` and `contents.frozen`. */
export async function readAct(parts: ReadingParts, span: ActSpan): Promise<ActReading> {
  const { subjects, clock } = parts
  if ((await subjects.frozen(span.person)) !== undefined) {
    throw new Fault('contents.frozen', { detail: 'the contents of this person are only kept for now' })
  }
  await parts.settle()
  const to = span.to ?? clock.now()
  const period = periodOf(span.from)
  let reading: ActReading = nothing
  // Keys turn a little after the period does, and an act that waited for a person may end in another one.
  for (const each of new Set([period, periodOf(to), periodBefore(period)])) {
    const found = await readUnder(parts.shelf, { ...span, to }, await subjects.of(span.person, each))
    if (found.fields.size > 0) return found
    const { saltKey } = each === period ? found : reading
    reading = { fields: found.fields, saltKey, damaged: reading.damaged || found.damaged }
  }
  if (await wasErased(subjects, span, period)) {
    throw new Fault('contents.erased', { detail: 'its keys were destroyed', where: span.act })
  }
  return reading
}

const nothing: ActReading = { saltKey: undefined, fields: new Map(), damaged: false }

async function wasErased(subjects: Subjects, span: ActSpan, period: Period): Promise<boolean> {
  const erasures = await subjects.erasuresOf(span.person)
  return erasures.some(({ at, periods }) => at >= span.from && periods.includes(period))
}

async function readUnder(
  shelf: ContentShelf,
  { act, from, to }: { readonly act: string; readonly from: number; readonly to: number },
  keys: SubjectKeys | undefined,
): Promise<ActReading> {
  if (keys === undefined) return nothing
  const pieces = new Map<ContentField, Buffer[] | 'too-large'>()
  const found = await shelf.find(keys.tag, from, to)
  let { damaged } = found
  const seen = new Set<string>()
  for (const block of found.blocks) {
    // Written a second time, because the disk did not say that the first was well.
    const nonce = Buffer.from(block.head.nonce).toString('hex')
    if (seen.has(nonce)) continue
    seen.add(nonce)
    const content = openBlock(block, keys)
    if (content === undefined) damaged = true
    for (const record of content === undefined ? [] : readRecords(content)) {
      if (record.act !== act) continue
      const before = pieces.get(record.field)
      if (record.leftOut || before === 'too-large') pieces.set(record.field, 'too-large')
      else pieces.set(record.field, [...(before ?? []), record.bytes])
    }
  }
  const fields = new Map<ContentField, Buffer | 'too-large'>()
  for (const [field, all] of pieces) fields.set(field, all === 'too-large' ? all : Buffer.concat(all))
  return { saltKey: Buffer.from(keys.salt), fields, damaged }
}
