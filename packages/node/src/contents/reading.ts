import { Fault } from '@ambit/core/fault'
import { periodBefore, periodOf } from '../identity/identity.ts'
import type { Period, SubjectKeys, Subjects } from '../identity/identity.ts'
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
  /** From its beginning to its end, in ms. */
  readonly from: number
  readonly to: number
}

export interface ReadingParts {
  readonly subjects: Subjects
  readonly shelf: ContentShelf
  settle(): Promise<void>
}

/** Throws `contents.erased` and `contents.frozen`. */
export async function readAct(parts: ReadingParts, span: ActSpan): Promise<ActReading> {
  const { subjects } = parts
  if ((await subjects.frozen(span.person)) !== undefined) {
    throw new Fault('contents.frozen', { detail: 'the contents of this person are only kept for now' })
  }
  await parts.settle()
  const period = periodOf(span.from)
  const keys = await subjects.of(span.person, period)
  const reading = await readUnder(parts, span, keys)
  if (reading.fields.size > 0) return reading
  // An act that began just after a turn may still have had the keys of the period before.
  const earlier = await readUnder(parts, span, await subjects.of(span.person, periodBefore(period)))
  if (earlier.fields.size > 0) return earlier
  if (await wasErased(subjects, span, period)) {
    throw new Fault('contents.erased', { detail: 'what was said in this act was erased', where: span.act })
  }
  return { ...reading, damaged: reading.damaged || earlier.damaged }
}

async function wasErased(subjects: Subjects, span: ActSpan, period: Period): Promise<boolean> {
  const erasures = await subjects.erasuresOf(span.person)
  return erasures.some(({ at, periods }) => at >= span.from && periods.includes(period))
}

async function readUnder(
  { shelf }: ReadingParts,
  { act, from, to }: ActSpan,
  keys: SubjectKeys | undefined,
): Promise<ActReading> {
  const pieces = new Map<ContentField, Buffer[] | 'too-large'>()
  if (keys === undefined) return { saltKey: undefined, fields: new Map(), damaged: false }
  const found = await shelf.find(keys.tag, from, to)
  let { damaged } = found
  for (const block of found.blocks) {
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
  for (const [field, parts] of pieces) fields.set(field, parts === 'too-large' ? parts : Buffer.concat(parts))
  return { saltKey: Buffer.from(keys.salt), fields, damaged }
}
