import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { oneCall } from './cost.ts'
import { interleave } from './interleaving-fixture.ts'
import { RowsInMemory, WorldReplica } from './spending-fixture.ts'

const runs = 500
const seed = 20_261_121

test('no interleaving exceeds a budget, and none leaks', { timeout: 20_000 }, async () => {
  const { spending, acts } = await interleave(runs, seed, () => handClock())
  console.log(`budgets: ${runs} interleavings with ${acts} acts, spending in ${spending}; seed ${seed}`)
  expect(spending).toBeGreaterThan(runs / 2)
})

test('a replica that others settled enters anew with nothing, and gives back nothing of what it had', async () => {
  const store = new RowsInMemory()
  const [clock, timers] = [handClock(), handClock()]
  const replica = new WorldReplica('n_0', {
    store,
    clock,
    newClock: () => timers,
    mandates: [{ id: 'm', parent: undefined, limits: { calls: 3 } }],
    logSize: () => 0,
    living: () => ['n_0'],
  })
  await replica.begin()
  await replica.budgeting.leased()
  const second = async () => {
    clock.advance(1000)
    replica.advance(1000)
    await replica.budgeting.leased()
  }
  expect(replica.reserve('before', ['m'], oneCall)).toBeUndefined()
  const [before] = replica.acts
  const { beat } = (await store.load('n_0'))!
  await store.settle('n_0', beat, [{ mandate: 'm', measure: 'calls', used: 1 }])
  await second()
  expect(replica.reserve('between', ['m'], oneCall)).toBe('budget.busy')
  expect(replica.mayGo(before!)).toBe(false)
  await second()
  await second()
  expect(replica.reserve('after', ['m'], oneCall)).toBeUndefined()
  expect(replica.left('m', 'calls')).toBe(1)
  replica.release(before!)
  expect(replica.left('m', 'calls')).toBe(1)
  await replica.budgeting[Symbol.asyncDispose]()
})
