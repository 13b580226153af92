import { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { readHead } from './block.ts'
import { Collector, defaultLimits } from './collector.ts'
import type { CollectorLimits } from './collector.ts'
import { actId, memoryShelf, recordsOf, said, someKeys } from './shelf-fixture.ts'

function open(limits: Partial<CollectorLimits> = {}) {
  const clock = handClock()
  const shelf = memoryShelf()
  const faults: string[] = []
  const collector = new Collector({
    shelf,
    clock,
    limits: { ...defaultLimits, ...limits },
    onFailure: ({ code }) => void faults.push(code),
  })
  const told: string[] = []
  const waiting = (name: string) => ({ contentsDurable: () => void told.push(name) })
  return { clock, shelf, collector, faults, told, waiting }
}

const [ada, bo] = [someKeys(1), someKeys(2)]

test('what was said goes into one block for each person, and opens with the keys of that person only', async () => {
  const { clock, shelf, collector } = open()
  for (let act = 0; act < 50; act++) {
    collector.keep(act % 2 === 0 ? ada : bo, actId(act), 'arguments', `{"n":${act},"t":"界 é"}`)
    collector.keep(act % 2 === 0 ? ada : bo, actId(act), 'result', Buffer.from(`done ${act}`))
  }
  clock.advance(20)
  await shelf.end()
  expect(shelf.blocks.map(({ count }) => count)).toEqual([50, 50])
  const opened = recordsOf(shelf.blocks, bo)
  expect(opened.map(({ act }) => act)).toEqual(
    Array.from({ length: 50 }, (_, at) => actId(2 * Math.floor(at / 2) + 1)),
  )
  expect(opened[0]).toMatchObject({ field: 'arguments', leftOut: false })
  expect(opened[0]?.bytes.toString()).toBe('{"n":1,"t":"界 é"}')
  expect(opened[1]?.bytes.toString()).toBe('done 1')
  expect(recordsOf(shelf.blocks, someKeys(3))).toEqual([])
  const head = readHead(shelf.blocks[0]!.bytes, 0)!
  expect(head).toMatchObject({ state: 'sealed', period: '2026h1', count: 50, first: clock.now() - 20 })
  expect(Buffer.from(head.subject)).toEqual(ada.tag)
  for (const { bytes } of shelf.blocks) expect(bytes.includes('done')).toBe(false)
})

test('an outcome hears of its contents once they are durable, in order, and at once where there are none', async () => {
  const { clock, shelf, collector, told, waiting } = open()
  collector.after(waiting('nothing was said'))
  expect(told).toEqual(['nothing was said'])
  collector.keep(ada, actId(1), 'result', 'one')
  collector.after(waiting('one'))
  clock.advance(19)
  expect(shelf.writing).toBe(0)
  clock.advance(1)
  expect(shelf.writing).toBe(1)
  // These wait for the next write.
  collector.keep(bo, actId(2), 'result', 'two')
  collector.after(waiting('two'))
  collector.after(waiting('after two'))
  expect(told).toEqual(['nothing was said'])
  await shelf.end()
  expect(told).toEqual(['nothing was said', 'one'])
  clock.advance(20)
  await shelf.end()
  expect(told).toEqual(['nothing was said', 'one', 'two', 'after two'])
  expect(said(shelf.blocks, bo)).toEqual(['result two'])
})

test('an outcome without contents of its own still waits for those before it', async () => {
  const { clock, shelf, collector, told, waiting } = open()
  collector.keep(ada, actId(1), 'result', 'one')
  clock.advance(20)
  collector.after(waiting('during the write'))
  expect(told).toEqual([])
  await shelf.end()
  clock.advance(20)
  await shelf.end()
  expect(told).toEqual(['during the write'])
})

test('a buffer that is nearly full lets no act begin, loses nothing, and takes acts again', async () => {
  const { clock, shelf, collector, told, waiting } = open({ bufferBytes: 4096, contentBytes: 2048 })
  const text = (at: number) => `${at} ${'x'.repeat(300)}`
  let begun = 0
  for (; collector.refusal === undefined && begun < 100; begun++) {
    collector.keep(ada, actId(begun), 'result', text(begun))
    collector.after(waiting(String(begun)))
  }
  expect(begun).toBeGreaterThan(12)
  expect(collector.refusal?.code).toBe('contents.busy')
  // Those under way still end, more than there is room for.
  for (let more = 0; more < 40; more++, begun++) {
    collector.keep(ada, actId(begun), 'result', text(begun))
    collector.after(waiting(String(begun)))
  }
  for (let writes = 0; writes < 20; writes++) {
    await shelf.end()
    clock.advance(20)
  }
  expect(collector.refusal).toBeUndefined()
  expect(told).toEqual(Array.from({ length: begun }, (_, at) => String(at)))
  expect(said(shelf.blocks, ada)).toEqual(Array.from({ length: begun }, (_, at) => `result ${text(at)}`))
})

test('a shelf that is full is named, tried again each second, and loses nothing', async () => {
  const { clock, shelf, collector, told, waiting, faults } = open()
  collector.keep(ada, actId(1), 'result', 'one')
  collector.after(waiting('one'))
  clock.advance(20)
  await shelf.end(new Fault('contents.full', { detail: 'no room' }))
  expect(collector.refusal?.code).toBe('contents.full')
  expect(faults).toEqual(['contents.full'])
  // Whoever only waits for what can be written now is not held up.
  await collector.settle()
  expect(told).toEqual([])
  clock.advance(1000)
  await shelf.end()
  expect(told).toEqual(['one'])
  expect(collector.refusal).toBeUndefined()
  expect(said(shelf.blocks, ada)).toEqual(['result one'])
})

test('what is larger than the limit is not kept, and says so', async () => {
  const { clock, shelf, collector } = open({ contentBytes: 100 })
  collector.keep(ada, actId(1), 'arguments', 'x'.repeat(100))
  collector.keep(ada, actId(2), 'arguments', 'x'.repeat(101))
  collector.keep(ada, actId(3), 'arguments', '界'.repeat(34))
  collector.keep(ada, actId(4), 'arguments', Buffer.alloc(101))
  collector.leaveOut(ada, actId(5), 'result')
  clock.advance(20)
  await shelf.end()
  expect(said(shelf.blocks, ada)).toEqual([
    `arguments ${'x'.repeat(100)}`,
    'arguments -',
    'arguments -',
    'arguments -',
    'result -',
  ])
})

test('nothing is written under keys that were destroyed, not even what was sealed before', async () => {
  const { clock, shelf, collector, told, waiting } = open()
  const gone = someKeys(4)
  collector.keep(gone, actId(1), 'result', 'sealed, then refused by the disk')
  collector.after(waiting('one'))
  clock.advance(20)
  await shelf.end(new Fault('contents.full', { detail: 'no room' }))
  collector.keep(gone, actId(2), 'result', 'in the buffer')
  collector.after(waiting('two'))
  gone.destroy(clock)
  collector.keep(gone, actId(3), 'result', 'too late')
  collector.keep(ada, actId(4), 'result', 'of another person')
  clock.advance(1000)
  for (let writes = 0; writes < 3; writes++) {
    await shelf.end()
    clock.advance(20)
  }
  expect(told).toEqual(['one', 'two'])
  expect(shelf.blocks).toHaveLength(1)
  expect(said(shelf.blocks, ada)).toEqual(['result of another person'])
})

test('settling does not wait for company', async () => {
  const { shelf, collector, told, waiting } = open()
  collector.keep(ada, actId(1), 'result', 'one')
  collector.after(waiting('one'))
  const settled = collector.settle()
  await shelf.end()
  await settled
  expect(told).toEqual(['one'])
})

test('that the rest of a content was too large is kept also while the buffer is full', async () => {
  const { clock, shelf, collector } = open({ bufferBytes: 400 })
  collector.keep(ada, actId(1), 'result', 'a')
  clock.advance(20)
  expect(shelf.writing).toBe(1)
  collector.keep(bo, actId(2), 'result', 'b'.repeat(200))
  collector.keep(ada, actId(1), 'result', 'c'.repeat(200))
  collector.leaveOut(ada, actId(1), 'result')
  for (let write = 0; write < 5; write++) {
    await shelf.end()
    clock.advance(20)
  }
  expect(said(shelf.blocks, ada)).toEqual(['result a', `result ${'c'.repeat(200)}`, 'result -'])
})

test('a collector that was closed while its shelf failed writes nothing later', async () => {
  const { clock, shelf, collector, told, waiting } = open()
  collector.keep(ada, actId(1), 'result', 'one')
  collector.after(waiting('one'))
  clock.advance(20)
  await shelf.end(new Fault('contents.full', { detail: 'full' }))
  await collector.close()
  clock.advance(5000)
  await Promise.resolve()
  expect(shelf.writing).toBe(0)
  await shelf.end()
  expect({ blocks: shelf.blocks, told }).toEqual({ blocks: [], told: [] })
})

test('who comes while the last of its contents is written is told as soon as that is done', async () => {
  const { clock, shelf, collector, told, waiting } = open()
  collector.keep(ada, actId(1), 'arguments', 'one')
  clock.advance(20)
  expect(shelf.writing).toBe(1)
  collector.after(waiting('one'))
  const settled = collector.settle()
  await shelf.end()
  await settled
  expect(told).toEqual(['one'])

  collector.keep(ada, actId(2), 'arguments', 'two')
  clock.advance(20)
  collector.after(waiting('two'))
  await shelf.end()
  // Nobody asks it to hurry, and no time passes.
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  expect(told).toEqual(['one', 'two'])
  await collector.settle()
})
