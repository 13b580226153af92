import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { localDisk } from '../kernel/disk.ts'
import type { Disk } from '../kernel/disk.ts'
import { sha256 } from './hash.ts'
import { HashStore } from './hash-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'ambit-hash-store-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('a file that could not be made because the disk was full is made once there is room', async () => {
  let full = true
  const disk: Disk = {
    ...localDisk,
    async open(path, mode) {
      if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      return await localDisk.open(path, mode)
    },
  }
  const store = new HashStore(disk, directory, 0, 256)
  store.put(0, 0, sha256(Buffer.from('a leaf')))
  store.place(0, { segment: 1, offset: 4096 })
  await expect(store.flush(1)).rejects.toThrow('no space')
  full = false
  await store.flush(1)
  expect(store.flushed).toBe(1)
  expect((await store.hashes(0, 0, 1)).toString('latin1')).toBe(sha256(Buffer.from('a leaf')))
  expect(await store.position(0)).toEqual({ segment: 1, offset: 4096 })
  await store.close()
})
