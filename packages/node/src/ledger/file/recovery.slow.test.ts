import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { cp, open, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { localDisk } from '../../kernel/disk.ts'
import { noteSigner, openFileGuard, openLedger } from '../ledger.ts'
import type { Ledger, LedgerLimits } from '../ledger.ts'
import { Scan } from './scan.ts'
import type { Item } from './scan.ts'
import { commitBytes, headerBytes } from './segment.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-recovery-'))
afterAll(() => rm(root, { recursive: true }))

const origin = 'node.example/activity'
const signer = noteSigner(origin, generateKeyPairSync('ed25519').privateKey)
const limits: Partial<LedgerLimits> = {
  segmentBytesMin: 16_384,
  segmentBytesMax: 16_384,
  batchBytes: 8192,
  batchEntries: 256,
  ringHashes: 1024,
}
let copies = 0

async function openAt(directory: string): Promise<Ledger> {
  const guard = await openFileGuard(join(directory, 'guard'))
  const onFailure = (fault: Fault): void => {
    throw fault
  }
  return openLedger({
    directory,
    origin,
    signer,
    guard,
    clock: systemClock,
    mergeDelayMs: 1000,
    onFailure,
    limits,
  })
}

/** What a crash would leave: the files as they are, without the lock's process. */
async function copyOf(directory: string): Promise<string> {
  const copy = join(root, `copy-${copies++}`)
  await cp(directory, copy, { recursive: true })
  await rm(join(copy, 'lock'), { force: true })
  return copy
}

async function items(path: string): Promise<Item[]> {
  const file = await localDisk.open(path, 'plain')
  const scan = new Scan(file)
  const found: Item[] = []
  for (;;) {
    const item = scan.take()
    if (item === undefined) await scan.read()
    else if (item.kind === 'end' || item.kind === 'bad') break
    else found.push(item)
  }
  await file.close()
  return found
}

async function contents(ledger: Ledger): Promise<string[]> {
  const entries: string[] = []
  for await (const { entry } of ledger.entries(1)) entries.push(Buffer.from(entry).toString())
  return entries
}

async function flip(path: string, offset: number, bit = 0): Promise<void> {
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, offset)
  byte[0]! ^= 1 << bit
  await file.write(byte, 0, 1, offset)
  await file.close()
}

async function refusal(directory: string): Promise<Fault> {
  try {
    const ledger = await openAt(directory)
    await ledger[Symbol.asyncDispose]()
  } catch (error) {
    if (Fault.is(error)) return error
    throw error
  }
  throw new Error('the log opened')
}

/** A log whose last batch is durable but in no published checkpoint. */
async function unpublished(): Promise<{ directory: string; segment: string; from: number; to: number }> {
  const directory = join(root, `log-${copies++}`)
  const ledger = await openAt(directory)
  await Promise.all([ledger.write('first'), ledger.write('second')])
  await Promise.all([ledger.write('third'), ledger.write('fourth')])
  const crashed = await copyOf(directory)
  await ledger[Symbol.asyncDispose]()
  const segment = join('segments', '00000001.log')
  const commits = (await items(join(crashed, segment))).filter((item) => item.kind === 'commit')
  expect(commits.length).toBe(3)
  return {
    directory: crashed,
    segment,
    from: commits[1]!.offset + commitBytes,
    to: commits[2]!.offset + commitBytes,
  }
}

test('a crash at any byte of the last batch leaves that batch whole or not at all', async () => {
  const { directory, segment, from, to } = await unpublished()
  const whole = await readFile(join(directory, segment))
  const sizes = new Set<number>()
  for (let cut = from; cut <= to; cut++) {
    const torn = Buffer.from(whole)
    torn.fill(0, cut)
    // By turns as zeros that were there before, as a file that ends there, and with other bytes behind.
    if (cut % 3 === 0) torn.fill(0xa5, cut, cut + 40)
    const copy = await copyOf(directory)
    await writeFile(join(copy, segment), torn)
    if (cut % 3 === 1) await truncate(join(copy, segment), cut)
    {
      await using ledger = await openAt(copy)
      const expected = cut < to ? ['first', 'second'] : ['first', 'second', 'third', 'fourth']
      expect(await contents(ledger), `cut at ${cut}`).toEqual(expected)
      sizes.add(ledger.size)
      await ledger.write('next')
    }
    await using ledger = await openAt(copy)
    expect((await contents(ledger)).at(-1)).toBe('next')
    await rm(copy, { recursive: true })
  }
  expect(sizes).toEqual(new Set([3, 5]))
}, 60_000)

test('a batch of which one sector never reached the disk is cut, though its commit record did', async () => {
  const directory = join(root, `log-${copies++}`)
  const ledger = await openAt(directory)
  await ledger.write('first')
  await Promise.all(Array.from({ length: 30 }, (_, at) => ledger.write(`${at} ${'x'.repeat(100)}`)))
  const crashed = await copyOf(directory)
  await ledger[Symbol.asyncDispose]()
  const path = join(crashed, 'segments', '00000001.log')
  const commits = (await items(path)).filter((item) => item.kind === 'commit')
  const [from, to] = [commits[1]!.offset + commitBytes, commits[2]!.offset]
  const whole = await readFile(path)
  for (let sector = from - (from % 512); sector + 512 < to; sector += 512) {
    const torn = Buffer.from(whole)
    torn.fill(0, Math.max(sector, from), sector + 512)
    await writeFile(path, torn)
    const copy = await copyOf(crashed)
    await using again = await openAt(copy)
    expect(await contents(again), `sector at ${sector}`).toEqual(['first'])
  }
})

test('a flipped bit anywhere in a signed log is found and named', async () => {
  const directory = join(root, `log-${copies++}`)
  {
    await using ledger = await openAt(directory)
    await Promise.all(['first', 'second', 'third'].map((entry) => ledger.write(entry)))
    await ledger.write('fourth')
  }
  const path = join(directory, 'segments', '00000001.log')
  const last = (await items(path)).at(-1)!
  for (let offset = headerBytes; offset < last.offset + commitBytes; offset += 3) {
    await flip(path, offset, offset % 8)
    const fault = await refusal(directory)
    expect(fault.code, `bit at ${offset}`).toBe('ledger.corrupt')
    const [, named, at] = /00000001\.log offset (\d+) index (\d+)$/.exec(fault.where!)!
    expect(Number(named)).toBeLessThanOrEqual(offset)
    expect(Number(at)).toBeLessThanOrEqual(5)
    await flip(path, offset, offset % 8)
  }
  for (let offset = 0; offset < headerBytes; offset += 97) {
    await flip(path, offset)
    expect((await refusal(directory)).code, `bit at ${offset}`).toBe('ledger.corrupt')
    await flip(path, offset)
  }
  await using ledger = await openAt(directory)
  expect(await contents(ledger)).toEqual(['first', 'second', 'third', 'fourth'])
})

test('names the very entry that changed', async () => {
  const directory = join(root, `log-${copies++}`)
  {
    await using ledger = await openAt(directory)
    await Promise.all(['first', 'second', 'third'].map((entry) => ledger.write(entry)))
  }
  const path = join(directory, 'segments', '00000001.log')
  const bytes = await readFile(path)
  await flip(path, bytes.indexOf('second') + 2)
  expect((await refusal(directory)).where).toMatch(/ index 2$/)
})

test('damage in an older segment or tile is found when it is read, and never served', async () => {
  const directory = join(root, `log-${copies++}`)
  const entries = Array.from({ length: 3000 }, (_, at) => `entry ${at + 1}`)
  {
    await using ledger = await openAt(directory)
    for (let at = 0; at < entries.length; at += 200) {
      await Promise.all(entries.slice(at, at + 200).map((entry) => ledger.write(entry)))
    }
  }
  const first = join(directory, 'segments', '00000001.log')
  const offset = (await readFile(first)).indexOf('entry 300')
  await flip(first, offset)
  {
    await using ledger = await openAt(directory)
    await expect(ledger.read(300)).rejects.toMatchObject({
      code: 'ledger.corrupt',
      where: expect.stringMatching(/index 300$/),
    })
    await expect(contents(ledger)).rejects.toMatchObject({ code: 'ledger.corrupt' })
    await expect(ledger.file('tile/entries/001')).rejects.toMatchObject({ code: 'ledger.corrupt' })
    expect(Buffer.from(await ledger.read(2999)).toString()).toBe('entry 2999')
  }
  await flip(first, offset)
  await flip(join(directory, 'tiles', '0'), 32 * 700 + 5)
  await using ledger = await openAt(directory)
  await expect(ledger.prove(701)).rejects.toMatchObject({ code: 'ledger.corrupt' })
  await expect(ledger.prove(700)).rejects.toMatchObject({ code: 'ledger.corrupt' })
})

test('a lost segment is found', async () => {
  const directory = join(root, `log-${copies++}`)
  {
    await using ledger = await openAt(directory)
    for (let at = 0; at < 20; at++) {
      await Promise.all(Array.from({ length: 100 }, (_, each) => ledger.write(`entry ${at} ${each}`)))
    }
  }
  const names = (await readdir(join(directory, 'segments'))).sort()
  expect(names.length).toBeGreaterThan(3)
  const middle = await copyOf(directory)
  await rm(join(middle, 'segments', names[1]!))
  expect(await refusal(middle)).toMatchObject({
    code: 'ledger.corrupt',
    where: expect.stringMatching(/00000002\.log$/),
  })
  for (const name of names.slice(2)) await rm(join(directory, 'segments', name))
  expect((await refusal(directory)).code).toBe('ledger.rolled-back')
})

test('a segment that was prepared but not begun is used after a crash', async () => {
  const { directory } = await unpublished()
  await writeFile(join(directory, 'segments', '00000002.log'), Buffer.alloc(5000))
  await using ledger = await openAt(directory)
  for (let at = 0; at < 200; at++) await Promise.all([ledger.write('x'.repeat(100)), ledger.write('y')])
  expect((await contents(ledger)).length).toBe(404)
})
