import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createIds } from '../../../kernel/ids.ts'
import { createKeyring } from '../../../kernel/keyring.ts'
import { HeldActs } from './held-acts.ts'
import type { Held } from './held-acts.ts'

const clock = handClock()
const keyring = createKeyring(Buffer.alloc(32, 7), clock)
const heldActs = () => new HeldActs<ReturnType<typeof anAct>>({ keyring, clock, ids: createIds(clock) })

function anAct(holderKey = 'did:key:a', requested = 'tools/call\necho') {
  const gaveUp: string[] = []
  return {
    holderKey,
    requested,
    gaveUp,
    giveUp: (reason: string) => void gaveUp.push(reason),
  } satisfies Held & {
    gaveUp: string[]
  }
}

test('an act is taken up once, by its holder and for its request', () => {
  const held = heldActs()
  const act = anAct()
  const state = held.hold(act)!
  expect(held.take('did:key:b', act.requested, state)).toEqual({ why: 'foreign' })
  expect(held.take(act.holderKey, 'tools/call\nother', state)).toEqual({ why: 'foreign' })
  expect(held.take(act.holderKey, act.requested, state)).toEqual({ held: act })
  expect(held.take(act.holderKey, act.requested, state)).toEqual({ why: 'gone' })
})

test('a state of another replica, or of an earlier run, is known as such', () => {
  const state = heldActs().hold(anAct())!
  expect(heldActs().take('did:key:a', 'tools/call\necho', state)).toEqual({ why: 'gone' })
  expect(heldActs().take('did:key:a', 'tools/call\necho', 'ambit-held:AAAA')).toEqual({ why: 'foreign' })
})

test('an act nobody comes for is given up after ten minutes, and then is gone', () => {
  const held = heldActs()
  const [late, taken] = [anAct(), anAct()]
  const states = [held.hold(late)!, held.hold(taken)!]
  held.take(taken.holderKey, taken.requested, states[1]!)
  clock.advance(600_000)
  expect(late.gaveUp).toHaveLength(1)
  expect(taken.gaveUp).toEqual([])
  expect(held.take(late.holderKey, late.requested, states[0]!)).toEqual({ why: 'gone' })
  expect(held.size).toBe(0)
})

test('one holder has room for some, all holders together for more, and a node that stops for none', () => {
  const held = heldActs()
  const hold = (holder: string, count: number) =>
    Array.from({ length: count }, () => held.hold(anAct(holder))).filter((state) => state !== undefined)
      .length
  expect(hold('did:key:a', 40)).toBe(32)
  for (let at = 0; at < 40; at++) hold(`did:key:${at}`, 32)
  expect(held.size).toBe(1000)
  held.close()
  expect(held.size).toBe(0)
  expect(hold('did:key:z', 1)).toBe(0)
})
