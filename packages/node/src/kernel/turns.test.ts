import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

test('runs one after the other for one key, also after a failure', async () => {
  const turns = createTurns()
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = turns.take('a', async () => {
    await gate.promise
    order.push('first')
    throw new Error('no')
  })
  const second = turns.take('a', async () => {
    order.push('second')
    return 2
  })
  await turns.take('b', async () => {
    order.push('other')
  })
  gate.resolve()
  await expect(first).rejects.toThrow('no')
  expect(await second).toBe(2)
  expect(order).toEqual(['other', 'first', 'second'])
})
