import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import type { HandClock } from '@ambit/testkit/clock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SubjectKeys } from '../identity/identity.ts'
import { localDisk } from '../kernel/disk.ts'
import type { Disk } from '../kernel/disk.ts'
import { headBytes } from './block.ts'
import { Collector, defaultLimits } from './collector.ts'
import { FileShelf } from './file-shelf.ts'
import { actId, said, someKeys } from './shelf-fixture.ts'
import type { ContentShelf } from './shelf.ts'

let directory: string
let clock: HandClock
let damage: Fault[]
let shelf: ContentShelf
const [ada, bo] = [someKeys(1), someKeys(2)]

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ambit-contents-'))
  clock = handClock(Date.UTC(2026, 2, 1))
  damage = []
  shelf = open()
})

afterEach(async () => {
  await shelf.close()
  rmSync(directory, { recursive: true, force: true })
})

function open(disk: Disk = localDisk, fileBytes?: number): ContentShelf {
  const parts = { directory, disk, clock, onDamage: (fault: Fault) => void damage.push(fault) }
  return new FileShelf(fileBytes === undefined ? parts : { ...parts, fileBytes })
}

/** One flush with one block for each of these. */
async function write(to: ContentShelf, ...contents: readonly (readonly [SubjectKeys, string])[]) {
  const collector = new Collector({
    shelf: to,
    clock,
    limits: defaultLimits,
    onFailure: (fault) => raise(fault),
  })
  for (const [keys, text] of contents) collector.keep(keys, actId(1, clock.now()), 'result', text)
  await collector.settle()
}

function raise(fault: Fault): never {
  throw fault
}

const all = async (keys: SubjectKeys, of = shelf) =>
  said((await of.find(keys.tag, 0, clock.now())).blocks, keys)
const files = () =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.contents'))
    .toSorted()

test('keeps blocks in files by half-year, each start in files of its own', async () => {
  await write(shelf, [ada, 'one'], [bo, 'two'])
  await write(shelf, [ada, 'three'])
  await shelf.close()
  shelf = open()
  expect(await all(ada)).toEqual(['result one', 'result three'])
  clock.advance(10)
  await write(shelf, [ada, 'four'])
  clock.advance(150 * 24 * 3600 * 1000)
  await write(shelf, [ada, 'five'])
  expect(files()).toEqual([
    '2026h1/00000001.contents',
    '2026h1/00000002.contents',
    '2026h2/00000001.contents',
  ])
  expect(await all(ada)).toEqual(['result one', 'result three', 'result four', 'result five'])
  expect(await all(bo)).toEqual(['result two'])
  expect(damage).toEqual([])
  expect(statSync(join(directory, files()[0]!)).mode & 0o777).toBe(0o600)
})

test('finds what belongs to a time, and looks at no other file', async () => {
  shelf = open(localDisk, 1)
  const hour = 3600 * 1000
  for (let at = 0; at < 6; at++) {
    await write(shelf, [ada, `hour ${at}`])
    clock.advance(hour)
  }
  const begin = clock.now() - 6 * hour
  const opened: string[] = []
  const watching: Disk = {
    ...localDisk,
    open: async (path, mode) => {
      opened.push(path)
      return await localDisk.open(path, mode)
    },
  }
  const again = open(watching)
  const found = await again.find(ada.tag, begin + 3 * hour, begin + 3 * hour + 10)
  expect(said(found.blocks, ada)).toEqual(['result hour 3'])
  opened.length = 0
  await again.find(ada.tag, begin + 3 * hour, begin + 3 * hour + 10)
  expect(opened.length).toBeLessThanOrEqual(2)
})

test('a file cut at any offset gives every block before the cut', async () => {
  await write(shelf, [ada, 'one'])
  await write(shelf, [bo, 'two'])
  await write(shelf, [ada, 'three'])
  await shelf.close()
  const path = join(directory, files()[0]!)
  const whole = readFileSync(path)
  const ends = [0]
  for (let at = 0; at < whole.length;) {
    at += headBytes + whole.readUInt32BE(at + 28)
    ends.push(at)
  }
  for (let cut = 0; cut <= whole.length; cut++) {
    writeFileSync(path, whole)
    truncateSync(path, cut)
    damage = []
    shelf = open()
    const blocks = ends.filter((end) => end > 0 && end <= cut).length
    expect(await all(ada), String(cut)).toEqual(
      ['result one', 'result three'].slice(0, blocks - (blocks > 1 ? 1 : 0)),
    )
    expect(damage.length, String(cut)).toBe(ends.includes(cut) ? 0 : 1)
    // It goes on in a new file, and nothing that was there is touched.
    if (cut % 50 === 0) {
      await write(shelf, [bo, 'more'])
      expect(await all(bo)).toContain('result more')
      expect(statSync(path).size).toBe(cut)
      rmSync(join(directory, '2026h1/00000002.contents'))
    }
    await shelf.close()
  }
})

test('a flipped byte anywhere is found, named by its file, and hides no other block', async () => {
  await write(shelf, [ada, 'one'])
  await write(shelf, [bo, 'two'])
  await write(shelf, [ada, 'three'])
  await shelf.close()
  const path = join(directory, files()[0]!)
  const whole = readFileSync(path)
  const second = headBytes + whole.readUInt32BE(28)
  for (let at = second; at < second + headBytes + whole.readUInt32BE(second + 28); at++) {
    const changed = Buffer.from(whole)
    changed[at]! ^= 1 << (at % 8)
    writeFileSync(path, changed)
    damage = []
    shelf = open()
    expect(await all(ada), String(at)).toEqual(['result one', 'result three'])
    expect(await all(bo), String(at)).toEqual([])
    expect(
      damage.map(({ code, where }) => [code, where]),
      String(at),
    ).toEqual([['contents.damaged', path]])
  }
})

test('erases the bytes of a subject and leaves those of others', async () => {
  for (const text of ['one', 'two', 'three']) await write(shelf, [ada, `ada ${text}`], [bo, `bo ${text}`])
  const path = join(directory, files()[0]!)
  const before = readFileSync(path)
  const length = before.length
  const sealed = before.subarray(headBytes, headBytes + before.readUInt32BE(28))
  expect(await shelf.erase(new Set([ada.tag.toString('hex')]))).toBe(3)
  const after = readFileSync(path)
  expect(after).toHaveLength(length)
  expect([after.includes(ada.tag), after.includes(sealed), after.includes(bo.tag)]).toEqual([
    false,
    false,
    true,
  ])
  expect(await all(ada)).toEqual([])
  expect(await all(bo)).toEqual(['result bo one', 'result bo two', 'result bo three'])
  expect(damage).toEqual([])
  // Again, and after it.
  expect(await shelf.erase(new Set([ada.tag.toString('hex')]))).toBe(0)
  await write(shelf, [bo, 'bo four'])
  expect(await all(bo)).toContain('result bo four')
})

test('an erasure that ends after any of its writes is finished by the next', async () => {
  for (let writes = 0; writes < 6; writes++) {
    for (const text of ['one', 'two', 'three']) await write(shelf, [ada, text], [bo, text])
    let left = writes
    const ending: Disk = {
      ...localDisk,
      open: async (path, mode) => {
        const file = await localDisk.open(path, mode)
        return {
          ...file,
          write(bytes, offset, length, position, done) {
            if (left-- > 0) file.write(bytes, offset, length, position, done)
            else done(new Error('the node ended'), 0)
          },
        }
      },
    }
    const subjects = new Set([ada.tag.toString('hex')])
    await expect(open(ending).erase(subjects)).rejects.toThrow('the node ended')
    shelf = open()
    await shelf.erase(subjects)
    for (const name of files()) expect(readFileSync(join(directory, name)).includes(ada.tag)).toBe(false)
    expect(await all(ada)).toEqual([])
    expect((await all(bo)).length).toBe(3 * (writes + 1))
    expect(damage).toEqual([])
  }
})

test('a write that the disk takes in part only is written whole when there is room', async () => {
  let room = Infinity
  const small: Disk = {
    ...localDisk,
    open: async (path, mode) => {
      const file = await localDisk.open(path, mode)
      return {
        ...file,
        write(bytes, offset, length, position, done) {
          const take = Math.min(length, room, 37)
          room -= take
          if (take === 0) done(null, 0)
          else file.write(bytes, offset, take, position, done)
        },
      }
    },
  }
  shelf = open(small)
  await write(shelf, [ada, 'one'])
  room = 60
  const faults: string[] = []
  const collector = new Collector({
    shelf,
    clock,
    limits: defaultLimits,
    onFailure: ({ code }) => void faults.push(code),
  })
  collector.keep(ada, actId(2), 'result', 'two')
  await collector.settle()
  expect(faults).toEqual(['contents.full'])
  room = Infinity
  clock.advance(1000)
  await expect.poll(async () => await all(ada), { timeout: 4000 }).toEqual(['result one', 'result two'])
  await collector.close()
  expect(damage).toEqual([])
})

test('prunes whole files that are too old, and never the one that is written to', async () => {
  shelf = open(localDisk, 1)
  for (const text of ['one', 'two', 'three']) {
    await write(shelf, [ada, text])
    clock.advance(1000)
  }
  await shelf.prune(clock.now() - 1500)
  expect(await all(ada)).toEqual(['result three'])
  await shelf.prune(clock.now() + 1000)
  expect(await all(ada)).toEqual(['result three'])
})

test('a file whose folder cannot be synced is not left open', async () => {
  let opened = 0
  let broken = true
  const disk: Disk = {
    ...localDisk,
    async open(path, mode) {
      const file = await localDisk.open(path, mode)
      opened++
      return {
        ...file,
        close: () => {
          opened--
          return file.close()
        },
      }
    },
    async syncDirectory(of) {
      if (broken) throw Object.assign(new Error('EIO'), { code: 'EIO' })
      await localDisk.syncDirectory(of)
    },
  }
  const weak = open(disk)
  const blocks = [{ keys: ada, first: 0, last: 0, count: 0, bytes: Buffer.alloc(headBytes) }]
  for (let tried = 0; tried < 3; tried++)
    await expect(weak.append(blocks)).rejects.toMatchObject({ code: 'contents.failed' })
  expect(opened).toBe(0)
  broken = false
  await weak.append(blocks)
  expect(opened).toBe(1)
  await weak.close()
})
