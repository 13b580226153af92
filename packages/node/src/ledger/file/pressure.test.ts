import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { until } from '@ambit/testkit/until'
import { afterAll, expect, test } from 'vitest'
import { localDisk } from '../../kernel/disk.ts'
import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { contents, logsIn } from '../ledger-fixture.ts'
import { defaultLimits } from '../ledger.ts'
import type { Ledger, LedgerLimits, LedgerOptions } from '../ledger.ts'
import { openLog } from '../log.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { openFileEngine } from './engine.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-pressure-'))
afterAll(() => rm(root, { recursive: true }))

const options = logsIn(root)
const limits: LedgerLimits = {
  ...defaultLimits,
  segmentBytesMin: 65_536,
  segmentBytesMax: 65_536,
  batchBytes: 32_768,
  batchEntries: 64,
  ringHashes: 256,
}

function openOn(disk: Disk, where: LedgerOptions, mergeDelayMs = 1000): Promise<Ledger> {
  return openLog(where, {
    openEngine: (parts) => openFileEngine(parts, disk),
    genesis: true,
    mergeDelayMs,
    limits,
  })
}

/** A disk whose files are changed as they are opened. */
function diskWith(change: (file: DiskFile, path: string) => DiskFile): Disk {
  return { ...localDisk, open: async (path, mode) => change(await localDisk.open(path, mode), path) }
}

/** A disk on which batches wait until they are let go. */
function slowDisk(): { disk: Disk; readonly hold: () => void; readonly release: () => void } {
  const waiting: (() => void)[] = []
  let isHeld = false
  const disk = diskWith((file, path) => ({
    ...file,
    write(...args) {
      if (isHeld && path.endsWith('.log')) waiting.push(() => file.write(...args))
      else file.write(...args)
    },
  }))
  return {
    disk,
    hold: () => {
      isHeld = true
    },
    release: () => {
      isHeld = false
      for (const write of waiting.splice(0)) write()
    },
  }
}

interface Answer {
  readonly entry: string
  readonly fault: Fault | undefined
  readonly index: number
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

test('a disk that is slow makes new entries busy at the bound, and loses none that it took', async () => {
  const where = await options()
  const { disk, hold, release } = slowDisk()
  const answers: Answer[] = []
  let sent = 0
  {
    await using ledger = await openOn(disk, where)
    using _ = { [Symbol.dispose]: release }
    const append = (): void => {
      const entry = `entry ${sent++}`
      ledger.append(entry, (fault, index) => answers.push({ entry, fault, index }))
    }
    hold()
    const bound = 2 * limits.batchEntries
    for (let turn = 0; turn < 50; turn++) {
      for (let each = 0; each < 80; each++) append()
      await turns(1)
      expect(ledger.state().queued).toBeLessThanOrEqual(bound)
    }
    // Everything above one batch on its way and one that collects was refused at once, and nothing was acknowledged.
    expect(ledger.state().queued).toBe(bound)
    expect(answers.length).toBe(sent - bound)
    expect(new Set(answers.map(({ fault }) => fault?.code))).toEqual(new Set(['ledger.busy']))
    expect(ledger.size).toBe(1)
    release()
    await ledger.settle()
    append()
    await ledger.settle()
  }
  expect(answers.length).toBe(sent)
  const taken = answers.filter(({ fault }) => fault === undefined)
  expect(taken.length).toBe(2 * limits.batchEntries + 1)
  await using again = await openOn(localDisk, where)
  expect((await contents(again)).slice(1)).toEqual(taken.map(({ entry }) => entry))
  expect(taken.map(({ index }) => index)).toEqual(taken.map((_, at) => at + 1))
})

test('zeros that are on their way do not land on a batch', async () => {
  const where = await options()
  const zeros: (() => void)[] = []
  let isHeld = false
  let released = 0
  let active = 0
  const disk = diskWith((file, path) => ({
    ...file,
    write(bytes, offset, length, position, done) {
      const isZero = bytes.subarray(offset, offset + length).every((byte) => byte === 0)
      const write = (): void => {
        active++
        file.write(bytes, offset, length, position, (error, written) => {
          active--
          done(error, written)
        })
      }
      if (isHeld && isZero && path.endsWith('.log')) zeros.push(write)
      else write()
    },
  }))
  const expected: string[] = []
  {
    const large = { ...limits, segmentBytesMin: 8 * 1024 * 1024, segmentBytesMax: 8 * 1024 * 1024 }
    await using ledger = await openLog(where, {
      openEngine: (parts) => openFileEngine({ ...parts, limits: large }, disk),
      genesis: true,
      mergeDelayMs: 1000,
      limits: large,
    })
    isHeld = true
    for (let at = 0; at < 170; at++) {
      const entries = Array.from({ length: 4 }, (_, each) => `${at} ${each} ${'x'.repeat(7000)}`)
      expected.push(...entries)
      const batch = { written: 0 }
      const writes = entries.map(async (entry) => {
        await ledger.write(entry)
        batch.written++
      })
      const isWritten = (): boolean => batch.written === entries.length
      while (!isWritten()) {
        for (let idle = 0; idle < 20 && !isWritten(); idle = active > 0 ? 0 : idle + 1) await turns(1)
        if (isWritten()) break
        // Only where the batch waits for them: else they would come before it.
        released += zeros.length
        for (const write of zeros.splice(0)) write()
      }
      await Promise.all(writes)
    }
    isHeld = false
    for (const write of zeros.splice(0)) write()
  }
  expect(released).toBeGreaterThan(0)
  await using again = await openOn(localDisk, where)
  expect((await contents(again)).slice(1)).toEqual(expected)
})

test('an error while the derived files are synced is final: no checkpoint is published any more', async () => {
  const failures: string[] = []
  const where = await options({ onFailure: (fault) => failures.push(fault.code) })
  const state = { broken: false }
  const disk = diskWith((file) => ({
    ...file,
    sync: () =>
      state.broken ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : file.sync(),
  }))
  {
    await using ledger = await openOn(disk, where)
    expect(await ledger.write('first')).toBe(1)
    await ledger.checkpoint(2)
    expect(await ledger.write('second')).toBe(2)
    state.broken = true
    await expect(ledger.checkpoint(3)).rejects.toMatchObject({ code: 'ledger.failed' })
    state.broken = false
    // The system has forgotten what it could not write, so another sync would only seem to succeed.
    await expect(ledger.checkpoint(3)).rejects.toMatchObject({ code: 'ledger.failed' })
    expect(ledger.state().publishedSize).toBe(2)
  }
  await using again = await openOn(localDisk, where)
  expect(await contents(again)).toHaveLength(3)
  expect(again.state().publishedSize).toBe(3)
})

test('callers are told in the order of the log, and not all in one turn', async () => {
  const told: number[] = []
  let turnsSeen = 0
  const acknowledgements = new Acknowledgements(
    (_, index) => told.push(index),
    () => undefined,
  )
  const dones = Array.from({ length: 2000 }, () => () => undefined)
  acknowledgements.add(dones, 10)
  acknowledgements.add(dones, 2010)
  acknowledgements.tellSlice()
  acknowledgements.tellSlice()
  while (acknowledgements.waiting > 0 && turnsSeen < 100) {
    await turns(1)
    turnsSeen++
  }
  expect(turnsSeen).toBeGreaterThan(2)
  expect(told).toEqual(Array.from({ length: 4000 }, (_, at) => 10 + at))
})

test('a log that is closed while it tries a full disk again writes nothing into files that it let go of', async () => {
  const where = await options()
  const held: (() => void)[] = []
  const state = { full: false, slow: false, writing: 0, late: 0 }
  const disk = diskWith((file, path) => ({
    ...file,
    write(bytes, offset, length, position, done) {
      if (!path.endsWith('.log')) return file.write(bytes, offset, length, position, done)
      if (state.full) return done(Object.assign(new Error('full'), { code: 'ENOSPC' }), 0)
      state.writing++
      const write = (): void =>
        file.write(bytes, offset, length, position, (error, written) => {
          state.writing--
          done(error, written)
        })
      if (state.slow) held.push(write)
      else write()
    },
    close() {
      state.late += state.writing
      return file.close()
    },
  }))
  const again = { ...limits, fullRetryMs: 0 }
  const ledger = await openLog(
    { ...where, onFailure: () => undefined },
    { openEngine: (parts) => openFileEngine(parts, disk), genesis: true, mergeDelayMs: 1000, limits: again },
  )
  state.full = true
  await expect(ledger.write('refused')).rejects.toMatchObject({ code: 'ledger.full' })
  Object.assign(state, { full: false, slow: true })
  await expect(ledger.write('tries again')).rejects.toMatchObject({ code: 'ledger.full' })
  await until('the disk to be tried', () => held.length > 0)
  const closed = ledger[Symbol.asyncDispose]()
  const timer = setTimeout(() => {
    state.slow = false
    for (const write of held.splice(0)) write()
  }, 200)
  await closed
  clearTimeout(timer)
  state.slow = false
  for (const write of held.splice(0)) write()
  expect(state.late).toBe(0)
})
