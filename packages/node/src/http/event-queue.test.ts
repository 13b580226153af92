import { expect, test } from 'vitest'
import { createEventQueue } from './event-queue.ts'

async function all<T>(queue: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of queue) items.push(item)
  return items
}

test('carries what is pushed before and while somebody reads, in order', async () => {
  const queue = createEventQueue<number>(10)
  queue.push(1)
  const read = all(queue)
  await Promise.resolve()
  queue.push(2)
  queue.push(3)
  queue.end()
  queue.push(4)
  expect(await read).toEqual([1, 2, 3])
})

test('ends instead of growing when the reader is too slow', async () => {
  const queue = createEventQueue<number>(2)
  for (let item = 1; item <= 5; item++) queue.push(item)
  expect(await all(queue)).toEqual([1, 2])
})
