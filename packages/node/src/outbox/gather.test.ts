import { canonicalJson } from '@ambit/core/canonical'
import type { ApprovalLeaf, Leaf, RefusedLeaf } from '@ambit/core/leaf'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldLeaves, readerOf } from './fold.ts'
import { Gather } from './gather.ts'
import type { JournalPart } from './gather.ts'
import type { JournalRow } from './journal-row.ts'
import { actId, anIntent, anOutcome, at, digest, notes } from './outbox-fixture.ts'

const target = () => notes
const facts = { target, approvals: new Map(), keepMs: 1000 }
const dayMs = 86_400_000

function gatherFrom(from = 0): Gather {
  return new Gather((leaf) => readerOf(leaf, target), from)
}

/** As the log hands them over: one after the other in a buffer that is used again. */
function tell(gather: Gather, leaves: readonly object[], first = 0): void {
  for (const [at, leaf] of leaves.entries()) {
    const entry = canonicalJson(leaf)
    const buffer = Buffer.from(`....${entry}....`)
    gather.take(first + at, buffer, 4, 4 + Buffer.byteLength(entry))
    buffer.fill(0)
  }
}

function partsOf(gather: Gather, from = 0): JournalPart[] {
  const parts: JournalPart[] = []
  for (let part = gather.next(from); part !== undefined; part = gather.next(part.to)) parts.push(part)
  return parts
}

/** What comes of parts that are kept one after the other. */
function outcomeOf(parts: readonly Pick<JournalPart, 'leaves' | 'reads'>[]) {
  const rows = new Map<string, JournalRow>()
  const reads = new Map<string, number>()
  for (const part of parts) {
    const batch = foldLeaves(part.leaves, [...rows.values()], facts)
    for (const row of batch.rows) rows.set(row.act, row)
    for (const { person, day, acts } of [...batch.reads, ...part.reads])
      reads.set(`${person} ${day}`, (reads.get(`${person} ${day}`) ?? 0) + acts)
  }
  return { rows, reads }
}

const capabilities = ['list', 'list', 'create_note', 'send', 'not-there'] as const

/** An act with all its leaves, that begins so many ms after the first. */
function actLeaves(number: number, kind: number, later: number): object[] {
  const act = actId(number)
  const when = { at: new Date(at + later).toISOString() }
  const capability = capabilities[kind % capabilities.length]!
  const more = {
    capability,
    ...when,
    trace: kind % 7 === 0 ? 'their own' : act,
    ...(kind % 11 === 0 ? { parent: actId(number - 1), cost: { calls: 2 } } : {}),
    ...(kind % 13 === 0 ? { approval: 'sa_1' } : {}),
    ...(kind % 17 === 0 ? { undoes: actId(number - 2) } : {}),
    callers: ['did:key:zAgent', kind % 2 === 0 ? 'p_ann' : 'p_li'],
  }
  const intent = anIntent(act, more)
  if (kind % 5 === 4) {
    const { v, trace, callers, links, chain } = intent
    const common = { v, trace, callers, links, chain, act, ...when, target: digest, in: 'mcp/x' }
    const reasons = [{ code: 'mandate.no-entry', rule: 'm_1' }]
    const told = { capability, arguments: digest, rulings: 1, reasons }
    return [{ ...common, ...told, kind: 'act.refused' } satisfies RefusedLeaf]
  }
  if (kind % 19 === 0) {
    const asked = {
      v: 1,
      kind: 'approval',
      ...when,
      approval: 'ap_1',
      act,
      step: 'asked',
      card: digest,
    } as const
    return [asked satisfies ApprovalLeaf, intent, anOutcome(act)]
  }
  return [intent, anOutcome(act, kind % 3 === 0 ? 'failed' : 'completed')]
}

test('keeps exactly what reading every leaf would', () => {
  const acts = fc.array(fc.record({ kind: fc.nat(10_000), later: fc.nat(3 * dayMs), overtake: fc.nat(3) }), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(acts, (asked) => {
      const leaves: object[] = []
      for (const [number, { kind, later, overtake }] of asked.entries()) {
        const own = actLeaves(number, kind, later)
        leaves.push(...own.slice(0, 1))
        // The outcomes of some come after the intents of others.
        const rest = own.slice(1)
        if (overtake === 0) leaves.splice(leaves.length, 0, ...rest, { v: 1, kind: 'mandate', at: 'x' })
        else leaves.push(...rest)
      }
      const gather = gatherFrom()
      tell(gather, leaves)
      const parts = partsOf(gather)
      expect(parts.at(-1)?.to ?? 0).toBe(leaves.length)
      expect(outcomeOf(parts)).toEqual(outcomeOf([{ leaves: leaves as Leaf[], reads: [] }]))
    }),
    { numRuns: 300 },
  )
})

test('parses no leaf of acts that only read, but counts them by day', () => {
  const leaves = Array.from({ length: 1000 }, (_, number) => {
    const act = actId(number)
    return [
      anIntent(act, { capability: 'list', at: new Date(at + (number % 2) * dayMs).toISOString() }),
      anOutcome(act),
    ]
  })
  const gather = gatherFrom()
  tell(gather, leaves.flat())
  const parts = partsOf(gather)
  expect(parts.flatMap((part) => part.leaves)).toEqual([])
  const day = Math.floor(at / dayMs)
  expect([...outcomeOf(parts).reads]).toEqual([
    [`p_ann ${day}`, 500],
    [`p_ann ${day + 1}`, 500],
  ])
})

test('sees when what it took for reading is taken for more', () => {
  let accepted = true
  const list = notes.capabilities.get('list')!
  const targetNow = () => ({ ...notes, capabilities: new Map([['list', { ...list, accepted }]]) })
  const gather = new Gather((leaf) => readerOf(leaf, targetNow), 0)
  tell(gather, [anIntent(actId(0), { capability: 'list' }), anIntent(actId(1), { capability: 'list' })])
  expect(gather.next(0)).toMatchObject({ to: 2, leaves: [], reads: [{ acts: 2 }] })
  accepted = false
  tell(gather, [anIntent(actId(2), { capability: 'list' }), anOutcome(actId(2)), anOutcome(actId(1))], 2)
  expect(gather.next(2)).toMatchObject({ to: 5, leaves: [{ act: actId(2) }, { act: actId(2) }], reads: [] })
})

test('takes no outcome for one of a reading act that may be of an earlier process', () => {
  const gather = gatherFrom(7)
  tell(gather, [anOutcome(actId(0), 'unknown'), anOutcome(actId(1))], 7)
  expect(gather.next(7)).toMatchObject({ to: 9, leaves: [{ act: actId(0), status: 'unknown' }] })
})

test('lets go of what it has when entries are missing, when it is too much, and when another was ahead', () => {
  const missing = gatherFrom()
  tell(missing, [anIntent(actId(0))])
  tell(missing, [anIntent(actId(1))], 5)
  expect(missing.next(0)).toBeUndefined()
  expect(missing.from).toBe(5)
  expect(missing.next(5)).toMatchObject({ from: 5, to: 6 })

  const many = gatherFrom()
  tell(
    many,
    Array.from({ length: 27_000 }, (_, number) => anIntent(actId(number))),
  )
  expect(many.next(0)).toBeUndefined()
  expect(many.from).toBeGreaterThan(20_000)
  expect(partsOf(many, many.from).at(-1)?.to).toBe(27_000)

  const behind = gatherFrom()
  tell(behind, [anIntent(actId(0)), anIntent(actId(1))])
  expect(behind.next(1)).toBeUndefined()
  expect(behind.from).toBe(2)
})
