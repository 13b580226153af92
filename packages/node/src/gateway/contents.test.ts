import { Fault } from '@ambit/core/fault'
import { commitment } from '@ambit/core/receipt'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { Collector, defaultLimits } from '../contents/collector.ts'
import { memoryShelf, recordsOf } from '../contents/shelf-fixture.ts'
import { saltOf } from './commitment.ts'
import { aPath, anIntake, aSink } from './path-fixture.ts'
import type { PathStory } from './path-fixture.ts'
import { submit } from './submit.ts'

interface EndLeaf {
  readonly act: string
  readonly kind: string
  readonly arguments?: string
  readonly result?: string
}

function keepingPath() {
  const clock = handClock()
  const shelf = memoryShelf()
  const contents = new Collector({ shelf, clock, limits: defaultLimits, onFailure: () => undefined })
  const path = aPath(clock)
  const parts = { ...path.parts, contents }
  return { clock, shelf, contents, path, parts }
}

const leavesOf = ({ entries }: PathStory) => entries.map((entry) => JSON.parse(entry) as EndLeaf)

test('an outcome goes into the log only once its contents are durable', async () => {
  const { clock, shelf, path, parts } = keepingPath()
  const sink = aSink()
  submit(parts, anIntake(), sink)
  path.sync()
  path.upstream[0]!.sink.outcome({ status: 'completed', value: { warm: true } })
  // The caller has its answer, and the log waits.
  expect(sink.heard).toMatchObject([{ status: 'completed' }])
  clock.advance(20)
  expect(shelf.writing).toBe(1)
  expect(path.story).toEqual(['act.intent', 'send', 'durable'])
  await shelf.end()
  expect(path.story).toEqual(['act.intent', 'send', 'durable', 'act.outcome'])
  expect(parts.inFlight.openActs()).toHaveLength(1)
  path.sync()
  expect(parts.inFlight.openActs()).toEqual([])
})

test('what is kept is what was committed to: arguments, an answer, and a stream with its answer', async () => {
  const { clock, shelf, path, parts } = keepingPath()
  const { subjectKeys } = anIntake().holder
  const intake = () => ({ ...anIntake(), holder: { ...anIntake().holder, subjectKeys } })
  submit(parts, intake(), aSink())
  submit(parts, intake(), aSink())
  path.sync()
  path.upstream[0]!.sink.outcome({ status: 'completed', wire: Buffer.from('{"as":"it came"}') })
  const stream = path.upstream[1]!.sink
  stream.event({ type: 'message', value: 'one', wire: Buffer.from('first 界') })
  stream.event({ type: 'message', value: { two: 2 } })
  clock.advance(20)
  await shelf.end()
  stream.outcome({ status: 'completed', value: 'the end' })
  clock.advance(20)
  await shelf.end()
  for (const leaf of leavesOf(path)) {
    const field = leaf.kind === 'act.intent' ? 'arguments' : 'result'
    const records = recordsOf(shelf.blocks, subjectKeys).filter(
      (record) => record.act === leaf.act && record.field === field,
    )
    const content = Buffer.concat(records.map(({ bytes }) => bytes))
    const expected = await commitment(saltOf(subjectKeys.salt, leaf.act, field), content)
    expect(leaf.arguments ?? leaf.result, `${leaf.kind} ${content.toString()}`).toBe(expected)
  }
  const texts = recordsOf(shelf.blocks, subjectKeys).map(({ bytes }) => bytes.toString())
  expect(texts).toEqual([
    '{"city":"Hangzhou"}',
    '{"city":"Hangzhou"}',
    '{"as":"it came"}',
    'first 界',
    '\n',
    '{"two":2}',
    '\n',
    '"the end"',
  ])
})

test('a stream that becomes too long is left out as a whole, and still committed to', async () => {
  const { clock, shelf, path, parts } = keepingPath()
  const intake = anIntake()
  submit(parts, intake, aSink())
  path.sync()
  const { sink } = path.upstream[0]!
  for (let piece = 0; piece < 5; piece++) {
    sink.event({ type: 'message', value: '', wire: Buffer.alloc(300_000, 97) })
  }
  sink.outcome({ status: 'completed' })
  clock.advance(20)
  await shelf.end()
  const records = recordsOf(shelf.blocks, intake.holder.subjectKeys).filter(({ field }) => field === 'result')
  expect(records.filter(({ leftOut }) => leftOut)).toHaveLength(1)
  expect(records.at(-1)?.leftOut).toBe(true)
  expect(leavesOf(path).at(-1)?.result).toMatch(/^sha256:/)
})

test('what was asked in a refused act is kept too', async () => {
  const { clock, shelf, path, parts } = keepingPath()
  const reason = { code: 'mandate.no-entry', rule: 'r', what: 'w', evidence: 'e', howToAsk: 'h' }
  path.decision = { class: 'refuse', reasons: [reason], obligations: [] }
  const intake = anIntake()
  submit(parts, intake, aSink())
  clock.advance(20)
  await shelf.end()
  const records = recordsOf(shelf.blocks, intake.holder.subjectKeys)
  expect(records.map(({ field, bytes }) => [field, bytes.toString()])).toEqual([
    ['arguments', '{"city":"Hangzhou"}'],
  ])
  expect(leavesOf(path)[0]).toMatchObject({ kind: 'act.refused', act: records[0]?.act })
})

test('no act begins while contents cannot be kept, and those under way end', async () => {
  const { clock, shelf, path, parts } = keepingPath()
  const [first, second, third] = [aSink(), aSink(), aSink()]
  submit(parts, anIntake(), first)
  path.sync()
  path.upstream[0]!.sink.outcome({ status: 'completed', value: 1 })
  clock.advance(20)
  await shelf.end(new Fault('contents.full', { detail: 'no room' }))
  expect(submit(parts, anIntake(), second).id).toMatch(/^[0-9a-f]{32}$/)
  expect(second.heard).toMatchObject([{ code: 'contents.full' }])
  expect([path.upstream.length, parts.inFlight.size]).toEqual([1, 0])
  expect(leavesOf(path).map(({ kind }) => kind)).toEqual(['act.intent'])
  clock.advance(1000)
  await shelf.end()
  expect(leavesOf(path).map(({ kind }) => kind)).toEqual(['act.intent', 'act.outcome'])
  submit(parts, anIntake(), third)
  expect(path.upstream).toHaveLength(2)
})
