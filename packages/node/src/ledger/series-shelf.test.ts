import type { Shard } from '@ambit/core/log/shards'
import { expect, test } from 'vitest'
import type { Ledger } from './ledger.ts'
import { Shelf } from './series-shelf.ts'

const shardOf = (number: number): Shard => ({
  origin: `node.example/activity/${number}`,
  vkeys: [],
  first: 0,
  state: 'frozen',
})

/** Counts how many logs are open, and fails when one is opened that was not closed. */
function counting() {
  const open = new Set<string>()
  let most = 0
  const shelf = new Shelf(async ({ origin }) => {
    if (open.has(origin)) throw new Error(`${origin} is locked`)
    open.add(origin)
    most = Math.max(most, open.size)
    await new Promise((resolve) => setImmediate(resolve))
    return {
      origin,
      async [Symbol.asyncDispose]() {
        await new Promise((resolve) => setImmediate(resolve))
        open.delete(origin)
      },
    } as unknown as Ledger
  })
  return { shelf, open, most: () => most }
}

test('keeps four logs open at most, however many are asked for at once', async () => {
  const { shelf, open, most } = counting()
  const asked = Array.from({ length: 200 }, (_, at) => shardOf((at * 7) % 11))
  const answers = await Promise.all(
    asked.map(async (shard) => await shelf.use(shard, async ({ origin }) => await Promise.resolve(origin))),
  )
  expect(answers).toEqual(asked.map(({ origin }) => origin))
  expect(most()).toBe(4)
  await shelf[Symbol.asyncDispose]()
  expect(open.size).toBe(0)
})

test('closes one for each that was put here open and is let go', async () => {
  const { shelf } = counting()
  const closed: string[] = []
  for (let at = 0; at < 6; at++) {
    const { origin } = shardOf(at)
    shelf.put(origin, {
      async [Symbol.asyncDispose]() {
        closed.push(origin)
      },
    } as unknown as Ledger)()
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(closed).toEqual([shardOf(0).origin, shardOf(1).origin])
})

test('closes a log only once nobody uses it', async () => {
  const { shelf, open } = counting()
  const { release } = await shelf.take(shardOf(1))
  let dropped = false
  const drop = shelf.drop(shardOf(1).origin).then(() => (dropped = true))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect([dropped, open.size]).toEqual([false, 1])
  release()
  await drop
  expect(open.size).toBe(0)
})

test('gives the fault of a log that cannot be opened, and tries again the next time', async () => {
  let broken = true
  const shelf = new Shelf(async ({ origin }) => {
    if (broken) throw new Error('damaged')
    return { origin, async [Symbol.asyncDispose]() {} } as unknown as Ledger
  })
  await expect(shelf.take(shardOf(1))).rejects.toThrow('damaged')
  broken = false
  expect((await shelf.take(shardOf(1))).ledger.origin).toBe(shardOf(1).origin)
})
