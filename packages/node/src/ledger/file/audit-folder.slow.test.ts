import { mkdtempSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closedLog } from './audit-fixture.ts'
import type { AuditedFolder } from './audit-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-audit-'))
afterAll(() => rm(root, { recursive: true }))

let folder: AuditedFolder
beforeAll(async () => {
  folder = await closedLog(root)
})

test('finds nothing wrong in the folder of a log that was closed, and changes nothing in it', async () => {
  const files = await folder.files()
  expect(files).toEqual(
    expect.arrayContaining(['checkpoint', 'segments/00000002.log', 'tiles/0', 'tiles/1', 'tiles/positions']),
  )
  const before = await Promise.all(files.map((file) => readFile(join(folder.directory, file))))
  const guarded = await folder.guarded()
  expect(await folder.audit({ guarded })).toEqual([])
  expect(await folder.files()).toEqual(files)
  const after = await Promise.all(files.map((file) => readFile(join(folder.directory, file))))
  expect(after).toEqual(before)
})

test('finds a flipped bit wherever it is', async () => {
  // The strides of the slow test meet every kind of part; these a sample of them.
  expect(await folder.flips({ segments: 409, checkpoint: 11, tiles: 331 })).toBeGreaterThan(100)
}, 30_000)

test('names the very entry that changed, and goes on behind it', async () => {
  const file = 'segments/00000001.log'
  const flip = (text: string) => (bytes: Buffer) => {
    bytes[bytes.indexOf(text) + 6]! ^= 1
    return bytes
  }
  const both = (bytes: Buffer): Buffer => flip('entry 3 0')(flip('entry 1 7')(bytes))
  const found = await folder.withChange(file, both)
  expect(found.map(({ index }) => index)).toEqual([1 + 70 + 7, 1 + 3 * 70])
  expect(found[0]).toMatchObject({ file, what: expect.stringContaining('hash is in the tree') })
})

test('finds a segment or derived file that is missing or cut, and says what to do', async () => {
  const gone = (): undefined => undefined
  const cut = (bytes: Buffer): Buffer => bytes.subarray(0, 5000)
  const segment = 'segments/00000001.log'
  expect(await folder.withChange(segment, gone)).toMatchObject([
    { file: segment, index: 0, what: 'a segment is missing' },
    { file: 'tiles/positions' },
    { file: 'checkpoint', what: '701 entries were signed, but 0 can be read' },
    { file: 'checkpoint' },
  ])
  expect((await folder.withChange(segment, cut)).map((each) => each.file)).toContain(segment)
  for (const file of ['tiles/0', 'tiles/positions']) {
    const found = await folder.withChange(file, gone)
    expect(found).toMatchObject([{ file, offset: 0, index: 0, what: 'the file is missing' }])
    expect(found[0]!.whatToDo).toMatch(/remove the folder/)
  }
  const found = await folder.withChange('tiles/0', cut)
  expect(found).toMatchObject([{ file: 'tiles/0', offset: 4992, index: 156 }])
  expect(await folder.withChange('checkpoint', gone)).toMatchObject([{ file: 'checkpoint' }])
})

test('finds that the guard saw more than the folder holds', async () => {
  const guarded = { size: 2000, root: Buffer.alloc(32, 1).toString('base64'), checkpoint: '' }
  expect(await folder.audit({ guarded })).toMatchObject([
    { index: 701, what: '2000 entries were signed, but 701 can be read' },
  ])
  const other = { ...guarded, size: 701 }
  expect(await folder.audit({ guarded: other })).toMatchObject([
    { what: 'the first 701 entries are not those that were signed' },
  ])
})
