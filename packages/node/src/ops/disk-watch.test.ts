import { handClock } from '@ambit/testkit/clock'
import type { Fault } from '@ambit/core/fault'
import { expect, test } from 'vitest'
import { silentLog } from '../kernel/log.ts'
import { createMetrics } from '../kernel/metrics.ts'
import { createDiskWatch } from './disk-watch.ts'

const gibibyte = 1024 ** 3
const minuteMs = 60_000

async function watch(free: number, total: number, reserveBytes?: number) {
  const clock = handClock()
  const disk = { free, broken: false }
  const told: (string | undefined)[] = []
  const disks = createDiskWatch({
    folder: 'anywhere',
    reserveBytes,
    clock,
    log: silentLog,
    metrics: createMetrics(),
    onFull: (fault: Fault | undefined) => told.push(fault?.code),
    async room() {
      if (disk.broken) throw new Error('no such folder')
      return { freeBytes: disk.free, totalBytes: total }
    },
  })
  const stop = await disks.start()
  async function pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 5000) {
      clock.advance(5000)
      // A look is a few promises long.
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    }
  }
  return { disk, disks, told, pass, stop, clock }
}

test('a large disk keeps a gibibyte, a small one a twentieth', async () => {
  expect((await watch(500 * gibibyte, 1000 * gibibyte)).disks.state.reserveBytes).toBe(gibibyte)
  expect((await watch(5 * gibibyte, 10 * gibibyte)).disks.state.reserveBytes).toBe(gibibyte / 2)
  expect((await watch(5 * gibibyte, 10 * gibibyte, 7)).disks.state.reserveBytes).toBe(7)
})

test('acts stop at the reserve and begin again when there is a little more than that', async () => {
  const { disk, disks, told, pass } = await watch(10 * gibibyte, 100 * gibibyte, gibibyte)
  expect(disks.state.level).toBe('ok')
  disk.free = gibibyte - 1
  await pass(5000)
  expect(disks.state.level).toBe('full')
  expect(told).toEqual(['ledger.full'])
  disk.free = gibibyte + 1
  await pass(5000)
  expect(disks.state.level).toBe('full')
  disk.free = 3 * gibibyte
  await pass(5000)
  expect(disks.state.level).toBe('ok')
  expect(told).toEqual(['ledger.full', undefined])
})

test('a disk that fills up warns a day ahead and says when', async () => {
  const { disk, disks, told, pass } = await watch(40 * gibibyte, 100 * gibibyte, gibibyte)
  // A gibibyte an hour: 39 hours are left.
  const perLook = gibibyte / 720
  async function fill(hours: number): Promise<void> {
    for (let look = 0; look < hours * 720; look++) {
      disk.free -= perLook
      await pass(5000)
    }
  }
  await pass(30_000)
  expect(disks.state.fullInS).toBeUndefined()
  await fill(2)
  expect(disks.state.level).toBe('ok')
  expect(disks.state.fullInS).toBeGreaterThan(36 * 3600)
  expect(disks.state.fullInS).toBeLessThan(38 * 3600)
  await fill(14)
  expect(disks.state.level).toBe('low')
  expect(disks.state.fullInS).toBeLessThan(24 * 3600)
  expect(told).toEqual([])
})

test('a look that fails changes nothing, and the next one is made', async () => {
  const { disk, disks, pass, stop, clock } = await watch(10 * gibibyte, 100 * gibibyte, gibibyte)
  disk.broken = true
  await pass(minuteMs)
  expect(disks.state.freeBytes).toBe(10 * gibibyte)
  disk.broken = false
  disk.free = 0
  await pass(10_000)
  expect(disks.state.level).toBe('full')
  stop()
  expect(clock.timers).toBe(0)
})
