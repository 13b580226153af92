import { openStore } from '../store/store.ts'
import { expect, test } from 'vitest'
import { approvalWorld, payment } from './approval-fixture.ts'

const pending = 10_000
const bytesMax = 50 * 1024 * 1024

test('ten thousand acts that wait cost no worker and little memory: they lie in the store', async () => {
  await using store = await openStore('sqlite::memory:')
  const { approvals, leaves, clock } = await approvalWorld(store)
  const timers = clock.timers
  const before = heap()
  const begun = performance.now()
  for (let at = 0; at < pending; at++) {
    const holder = `did:key:z${Math.floor(at / 20)}`
    await approvals.ask({ ...payment, act: `a${at}`, holder, arguments: { to: `p${at}`, amount: at } })
    // The log of this test keeps its entries in memory; a node's does not.
    leaves.leaves.length = 0
  }
  const tookMs = performance.now() - begun
  const grown = heap() - before
  console.log(
    `${pending} pending: ${(grown / 1024 / 1024).toFixed(1)} MB of heap, ${clock.timers - timers} timers, ${(tookMs / pending).toFixed(2)} ms each`,
  )
  expect(await approvals.parts.store.pendingIn('main')).toBe(pending)
  expect(grown).toBeLessThan(bytesMax)
  expect(clock.timers).toBe(timers)
}, 120_000)

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
