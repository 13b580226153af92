import type { Interface } from '@ambit/core/record'
import { expect, test } from 'vitest'
import { askerOf } from './share.ts'
import { textHash } from '../kernel/text-hash.ts'
import { nameOf, Slots } from './slots.ts'

const here = {
  protocol: 'mcp',
  version: '1',
  url: 'https://a.example/mcp',
  transport: 'sse',
  security: [],
} satisfies Interface

test('what is packed is taken over by the interface it is of, and by no other', () => {
  const slots = new Slots()
  const [first, second] = slots.put('one', [0, 2], [11, 22])
  slots.state(first!).answeredAt(1_000_000, 3)
  slots.state(second!).failedAt(2_000_000, 'timeout', 0)
  const packed = slots.pack('one')
  slots.put('one', [0, 1, 2], [22, 33, 11])
  slots.unpack('one', packed)
  expect(slots.of('one').map((slot) => slots.state(slot).state)).toEqual(['failing', 'unknown', 'alive'])
  expect(slots.of('one').map((slot) => slots.positionOf(slot))).toEqual([0, 1, 2])
  // Bytes of a torn row are none.
  slots.unpack('one', packed.slice(0, 100))
})

test('a slot that was given up is used again, and knows nothing of its last owner', () => {
  const slots = new Slots()
  for (let record = 0; record < 3000; record++) slots.put(`r${record}`, [0], [record])
  const [slot] = slots.of('r1500')
  slots.state(slot!).failedAt(1000, 'status', 500)
  slots.remember(slot!, 'mark', 'https://a.example/card')
  slots.remove('r1500')
  expect(slots.recordOf(slot!)).toBeUndefined()
  expect(slots.put('new', [4], [9])).toEqual([slot])
  expect(slots.state(slot!)).toMatchObject({ state: 'unknown', name: 9, failures: 0 })
  expect([slots.markOf(slot!), slots.addressOf(slot!)]).toEqual([undefined, undefined])
  expect(slots.size).toBe(3000)
})

test('an interface has another name at another address, and keeps it with another version', () => {
  expect(nameOf({ ...here, version: '2' })).toBe(nameOf(here))
  expect(nameOf({ ...here, url: 'https://b.example/mcp' })).not.toBe(nameOf(here))
  expect(nameOf({ ...here, tenant: 'a' })).not.toBe(nameOf(here))
})

test('replicas share evenly, and only the share of one that goes moves', () => {
  const living = ['n_a', 'n_b', 'n_c']
  const records = Array.from(
    { length: 3000 },
    (_, at) => `1.2.156.3088.1.000001.ABCDEF.${at}.${textHash(`${at}`)}.0000`,
  )
  const before = records.map((record) => askerOf(record, living))
  for (const replica of living) expect(before.filter((each) => each === replica).length).toBeGreaterThan(800)
  const after = records.map((record) => askerOf(record, ['n_a', 'n_c']))
  for (const [at, asker] of before.entries()) if (asker !== 'n_b') expect(after[at]).toBe(asker)
  expect(askerOf('x', ['n_a'])).toBe('n_a')
})
