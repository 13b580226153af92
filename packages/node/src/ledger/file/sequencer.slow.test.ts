import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import type { Clock } from '../../kernel/clock.ts'
import { localDisk } from '../../kernel/disk.ts'
import type { Disk } from '../../kernel/disk.ts'
import { defaultLimits, noteSigner, openFileGuard } from '../ledger.ts'
import { openFileEngine } from './engine.ts'
import type { Ledger, LedgerLimits, LedgerOptions } from '../ledger.ts'
import { openLog } from '../log.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-sequencer-'))
afterAll(() => rm(root, { recursive: true }))

const origin = 'node.example/activity'
const { privateKey } = generateKeyPairSync('ed25519')
const signer = noteSigner(origin, privateKey)
const limits: LedgerLimits = {
  ...defaultLimits,
  segmentBytesMin: 16_384,
  segmentBytesMax: 16_384,
  batchBytes: 8192,
  batchEntries: 64,
  ringHashes: 256,
}
let directories = 0

/** What the disk does with one write: everything, so many bytes, or so many and then an error. */
type Trouble = { readonly bytes: number; readonly error?: string } | undefined
type Judge = (path: string, position: number, length: number) => Trouble

/** A disk that misbehaves as told; what it says is written is written. */
function troubled(judge: Judge): Disk {
  return {
    ...localDisk,
    async open(path, mode) {
      const file = await localDisk.open(path, mode)
      return {
        ...file,
        write(bytes, offset, length, position, done) {
          const trouble = judge(path, position, length)
          if (trouble === undefined) return file.write(bytes, offset, length, position, done)
          const error =
            trouble.error === undefined
              ? null
              : Object.assign(new Error(trouble.error), { code: trouble.error })
          if (trouble.bytes === 0) return void setImmediate(done, error, 0)
          file.write(bytes, offset, Math.min(trouble.bytes, length), position, (failed, written) => {
            done(failed ?? error, written)
          })
        },
      }
    },
  }
}

const time = { ms: 0 }
const clock: Clock = { ...systemClock, monotonicMs: () => time.ms }

async function options(
  failures: Fault[],
  directory = join(root, String(directories++)),
): Promise<LedgerOptions> {
  const guard = await openFileGuard(`${directory}-guard`)
  return { directory, origin, signer, guard, clock, onFailure: (fault) => failures.push(fault) }
}

function openOn(disk: Disk, where: LedgerOptions): Promise<Ledger> {
  return openLog(where, {
    openEngine: (parts) => openFileEngine(parts, disk),
    genesis: true,
    mergeDelayMs: 1000,
    limits,
  })
}

async function contents(ledger: Ledger): Promise<string[]> {
  const entries: string[] = []
  for await (const { entry } of ledger.entries(0)) entries.push(Buffer.from(entry).toString())
  return entries
}

/** Each refused entry makes a full log look for room; the one that finds it open is written. */
async function writeOnceOpen(ledger: Ledger, entry: string): Promise<number> {
  for (;;) {
    time.ms += 5000
    const written = await ledger.write(entry).catch((error: unknown) => error)
    if (typeof written === 'number') return written
    if (!Fault.is(written, 'ledger.full')) throw written
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

function isSegment(path: string): boolean {
  return path.endsWith('.log')
}

test('short writes without an error lose nothing', async () => {
  const where = await options([])
  const disk = troubled((_, __, length) => (length > 100 ? { bytes: Math.ceil(length / 3) } : undefined))
  const expected: string[] = []
  {
    await using ledger = await openOn(disk, where)
    for (let at = 0; at < 40; at++) {
      const entries = Array.from({ length: 20 }, (_, each) => `entry ${at} ${each}`)
      await Promise.all(entries.map((entry) => ledger.write(entry)))
      expected.push(...entries)
    }
  }
  await using ledger = await openOn(localDisk, where)
  expect((await contents(ledger)).slice(1)).toEqual(expected)
})

test('a full disk refuses entries, keeps those acknowledged, and goes on at the same place once there is room', async () => {
  const failures: Fault[] = []
  const where = await options(failures)
  const state = { full: false }
  const disk = troubled((path) =>
    state.full && isSegment(path) ? { bytes: 31, error: 'ENOSPC' } : undefined,
  )
  {
    await using ledger = await openOn(disk, where)
    await ledger.write('before')
    state.full = true
    const refused = await Promise.allSettled(['a', 'b', 'c'].map((entry) => ledger.write(entry)))
    expect(refused.map((each) => each.status === 'rejected' && Fault.is(each.reason, 'ledger.full'))).toEqual(
      [true, true, true],
    )
    expect(ledger.state()).toMatchObject({ state: 'full', size: 2, queued: 0 })
    expect(Buffer.from(await ledger.read(1)).toString()).toBe('before')

    time.ms += 5000
    await expect(ledger.write('still full')).rejects.toMatchObject({ code: 'ledger.full' })
    state.full = false
    expect(await writeOnceOpen(ledger, 'after')).toBe(2)
    await ledger.prove(2)
  }
  expect(failures.map((fault) => fault.code)).toEqual(['ledger.full'])
  await using ledger = await openOn(localDisk, where)
  expect((await contents(ledger)).slice(1)).toEqual(['before', 'after'])
})

test('a disk without room for the next segment is full, and not before the last one is used up', async () => {
  const failures: Fault[] = []
  const where = await options(failures)
  const disk = troubled((path) => (path.endsWith('00000002.log') ? { bytes: 0, error: 'ENOSPC' } : undefined))
  const acknowledged: string[] = []
  {
    await using ledger = await openOn(disk, where)
    for (;;) {
      const entry = `entry ${acknowledged.length}`
      const written = await ledger.write(entry).catch((error: unknown) => error)
      if (Fault.is(written, 'ledger.full')) break
      acknowledged.push(entry)
    }
    expect(ledger.state().state).toBe('full')
  }
  expect(acknowledged.length).toBeGreaterThan(100)
  await using ledger = await openOn(localDisk, where)
  expect((await contents(ledger)).slice(1)).toEqual(acknowledged)
  expect(await ledger.write('goes on')).toBe(acknowledged.length + 1)
})

test('no room for derived files refuses entries and passes, too', async () => {
  const failures: Fault[] = []
  const where = await options(failures)
  const state = { full: false }
  const disk = troubled((path) =>
    state.full && !isSegment(path) ? { bytes: 0, error: 'ENOSPC' } : undefined,
  )
  await using ledger = await openOn(disk, where)
  state.full = true
  let taken = 0
  for (;;) {
    const written = await ledger.write(`entry ${taken}`).catch((error: unknown) => error)
    if (Fault.is(written, 'ledger.full')) break
    taken++
  }
  await expect(ledger.prove(taken)).rejects.toMatchObject({ code: 'ledger.unpublished' })
  state.full = false
  expect(await writeOnceOpen(ledger, 'after')).toBe(taken + 1)
  expect((await ledger.prove(taken + 1)).index).toBe(taken + 1)
})

test('an error of the disk is final until the log is opened again', async () => {
  const failures: Fault[] = []
  const where = await options(failures)
  const state = { broken: false }
  const disk = troubled((path) => (state.broken && isSegment(path) ? { bytes: 10, error: 'EIO' } : undefined))
  {
    await using ledger = await openOn(disk, where)
    await ledger.write('before')
    state.broken = true
    await expect(ledger.write('lost')).rejects.toMatchObject({ code: 'ledger.failed' })
    state.broken = false
    time.ms += 60_000
    await expect(ledger.write('refused')).rejects.toMatchObject({ code: 'ledger.failed' })
    expect(ledger.state().state).toBe('failed')
  }
  expect(failures.map((fault) => fault.code)).toEqual(['ledger.failed'])
  await using ledger = await openOn(localDisk, where)
  expect((await contents(ledger)).slice(1)).toEqual(['before'])
  expect(await ledger.write('after')).toBe(2)
})

test('whatever the disk does, what was acknowledged is there afterwards, at its index', async () => {
  const trouble = fc.option(
    fc.record({ bytes: fc.nat({ max: 200 }), error: fc.constantFrom('ENOSPC', 'EIO', undefined) }),
    { nil: undefined, freq: 4 },
  )
  const plan = fc.record({
    troubles: fc.array(trouble, { maxLength: 60 }),
    sizes: fc.array(fc.nat({ max: 400 }), { maxLength: 60 }),
  })
  await fc.assert(
    fc.asyncProperty(plan, async ({ troubles, sizes }) => {
      const where = await options([])
      const state = { live: false, next: 0 }
      const disk = troubled(() => {
        const trouble = state.live ? troubles[state.next++] : undefined
        // A write of nothing without an error would be taken for a full disk, which is another test.
        return trouble === undefined || (trouble.bytes === 0 && trouble.error === undefined)
          ? undefined
          : trouble.error === undefined
            ? { bytes: trouble.bytes }
            : { bytes: trouble.bytes, error: trouble.error }
      })
      const acknowledged = new Map<number, string>()
      const ledger = await openOn(disk, where)
      state.live = true
      for (const [at, size] of sizes.entries()) {
        const entries = Array.from(
          { length: 1 + (size % 7) },
          (_, each) => `${at} ${each} ${'x'.repeat(size)}`,
        )
        await Promise.allSettled(
          entries.map(async (entry) => acknowledged.set(await ledger.write(entry), entry)),
        )
        time.ms += 2000
      }
      await ledger[Symbol.asyncDispose]()
      await using again = await openOn(localDisk, where)
      for (const [index, entry] of acknowledged)
        expect(Buffer.from(await again.read(index)).toString()).toBe(entry)
    }),
    { numRuns: 60 },
  )
}, 60_000)
