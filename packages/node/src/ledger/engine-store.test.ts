import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { logEngines } from '@ambit/testkit/log-engines'
import type { LogPlace } from '@ambit/testkit/log-engines'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { localDisk } from '../kernel/disk.ts'
import type { EngineParts } from './engine.ts'
import { openFileEngine } from './file/engine.ts'
import { defaultLimits, noteSigner, openLedger } from './ledger.ts'
import type { LedgerOptions } from './ledger.ts'
import { checkProof, contents, origin, signer } from './ledger-fixture.ts'
import { openLog } from './log.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-engines-'))
afterAll(() => rm(root, { recursive: true }))

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: the published log of Tessera, because ../shared/data is not here')

describe.each(logEngines)('a log on the $name engine', (engine) => {
  let place: LogPlace
  beforeEach(async () => {
    place = await engine.place(mkdtempSync(join(root, 'log-')))
  })
  afterEach(() => place[Symbol.asyncDispose]())

  /** Options of the one log of a test, however often it is opened; a failure of the log fails the test. */
  async function options(change: Partial<LedgerOptions> = {}): Promise<LedgerOptions> {
    return {
      origin,
      signer,
      clock: systemClock,
      onFailure: (fault) => {
        throw fault
      },
      ...place.options,
      ...change,
    }
  }

  test('begins with a leaf that names origin and key, so that no receipt is of a single leaf', async () => {
    await using ledger = await openLedger(await options())
    const leaf: unknown = JSON.parse(Buffer.from(await ledger.read(0)).toString())
    expect(leaf).toMatchObject({ v: 1, kind: 'key', origin, vkey: ledger.vkey })
    expect(ledger.state()).toMatchObject({ state: 'open', size: 1, publishedSize: 1, queued: 0 })
  })

  test('gives indexes in the order of the calls and tells each caller once, in that order', async () => {
    await using ledger = await openLedger(await options())
    const told: number[] = []
    await new Promise<void>((resolve) => {
      for (let at = 0; at < 5000; at++) {
        ledger.append(`{"at":${at}}`, (fault, index) => {
          expect(fault).toBeUndefined()
          told.push(index)
          if (told.length === 5000) resolve()
        })
      }
      expect(told).toEqual([])
    })
    expect(told).toEqual(Array.from({ length: 5000 }, (_, at) => at + 1))
    expect(Buffer.from(await ledger.read(4321)).toString()).toBe('{"at":4320}')
  })

  test('crosses tiles and batches: every proof verifies, and a rebuild of derived files gives the same', async () => {
    const small = { segmentBytesMin: 65_536, segmentBytesMax: 131_072, batchBytes: 32_768, batchEntries: 256 }
    const where = await options({ limits: { ...small, ringHashes: 2048 } })
    const count = 70_000
    const files = new Map<string, Buffer>()
    const paths = [
      'tile/0/273.p/100',
      'tile/0/001',
      'tile/1/000',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
      'tile/entries/012',
    ]
    {
      await using ledger = await openLedger(where)
      // Waits for every 200th entry, so that what waits for the disk stays below a batch.
      for (let at = 1; at < count; at++) {
        const written = ledger.write(`entry ${at}`)
        if (at % 200 === 0 || at === count - 1) await written
      }
      await ledger.checkpoint(count)
      for (const index of [1, 255, 256, 257, 65_535, 65_536, 69_999]) {
        await checkProof(ledger, await ledger.prove(index), `entry ${index}`)
      }
      for (const path of paths) files.set(path, Buffer.from((await ledger.file(path))!.bytes))
      expect(await ledger.file('tile/0/274')).toBeUndefined()
      expect(await ledger.file('tile/1/001')).toBeUndefined()
    }
    await place.forget()
    await using ledger = await openLedger(where)
    for (const [path, bytes] of files)
      expect(Buffer.from((await ledger.file(path))!.bytes).equals(bytes), path).toBe(true)
    expect((await contents(ledger)).slice(1)).toEqual(
      Array.from({ length: count - 1 }, (_, at) => `entry ${at + 1}`),
    )
  })

  test.runIf(present)('writes the published log of Tessera byte for byte', async () => {
    interface Golden {
      vkey: string
      skey_test_only: string
      entries_utf8: string[]
      checkpoints: { size: number; checkpoint: string }[]
      files_b64: Record<string, string>
    }
    const golden = JSON.parse(readFileSync(`${folder}/ledger/tessera-golden-log.json`, 'utf8')) as Golden
    const seed = Buffer.from(golden.skey_test_only.split('+').slice(4).join('+'), 'base64').subarray(1)
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    const name = golden.vkey.split('+')[0]!
    const test = noteSigner(name, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
    expect(test.vkey).toBe(golden.vkey)
    const where = await options({ origin: name, signer: test })
    const inside = {
      openEngine: where.engine ?? ((parts: EngineParts) => openFileEngine(parts, localDisk)),
      genesis: false,
      mergeDelayMs: 1000,
      limits: defaultLimits,
    }
    await using log = await openLog(where, inside)
    expect(await log.checkpoint()).toBe(golden.checkpoints[0]!.checkpoint)
    for (const [at, entry] of golden.entries_utf8.entries()) {
      await log.write(entry)
      expect(await log.checkpoint(at + 1)).toBe(golden.checkpoints[at + 1]!.checkpoint)
      const served = Buffer.from((await log.file('checkpoint'))!.bytes).toString()
      expect(served).toBe(golden.checkpoints[at + 1]!.checkpoint)
    }
    for (const [path, bytes] of Object.entries(golden.files_b64)) {
      expect(Buffer.from((await log.file(path))!.bytes).toString('base64'), path).toBe(bytes)
    }
  })

  test('refuses entries that are too long before they get an index, and asks for more than there is', async () => {
    await using ledger = await openLedger(await options())
    await expect(ledger.write('x'.repeat(8193))).rejects.toMatchObject({
      code: 'ledger.entry-too-large',
      status: 413,
    })
    await expect(ledger.write('界'.repeat(2731))).rejects.toMatchObject({ code: 'ledger.entry-too-large' })
    expect(await ledger.write('界'.repeat(2730))).toBe(1)
    for (const index of [2, -1, 0.5, Number.NaN]) {
      await expect(ledger.read(index)).rejects.toMatchObject({ code: 'ledger.not-found' })
    }
    await expect(ledger.prove(7)).rejects.toMatchObject({ code: 'ledger.not-found' })
    await expect(ledger.checkpoint(7)).rejects.toMatchObject({ code: 'ledger.not-found' })
  })

  test('answers busy when more waits than a batch holds, and loses nothing that it took', async () => {
    await using ledger = await openLedger(await options({ limits: { batchEntries: 100 } }))
    const results = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, at) => ledger.write(String(at))),
    )
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused.length).toBe(800)
    expect(refused.every((result) => Fault.is(result.reason, 'ledger.busy'))).toBe(true)
    expect(ledger.size).toBe(201)
  })

  test('a caller that throws does not keep the others from being told', async () => {
    const failures: Fault[] = []
    await using ledger = await openLedger(await options({ onFailure: (fault) => failures.push(fault) }))
    ledger.append('a', () => {
      throw new Error('a caller')
    })
    expect(await ledger.write('b')).toBe(2)
    expect(failures.map((fault) => fault.code)).toEqual(['internal'])
  })

  test('entries written before closing are durable, and later ones are refused', async () => {
    const where = await options()
    const ledger = await openLedger(where)
    const last = ledger.write('last')
    await ledger[Symbol.asyncDispose]()
    expect(await last).toBe(1)
    await expect(ledger.write('late')).rejects.toMatchObject({ code: 'ledger.closed' })
    expect(ledger.state()).toMatchObject({ state: 'closed', size: 2, publishedSize: 2 })
  })

  test('reading can be stopped and begins anywhere', async () => {
    await using ledger = await openLedger(await options())
    await Promise.all(Array.from({ length: 600 }, (_, at) => ledger.write(`entry ${at + 1}`)))
    const seen: number[] = []
    const stop = new AbortController()
    const reading = async (): Promise<void> => {
      for await (const { index, entry } of ledger.entries(250, stop.signal)) {
        expect(Buffer.from(entry).toString()).toBe(`entry ${index}`)
        seen.push(index)
        if (index === 300) stop.abort()
      }
    }
    await expect(reading()).rejects.toThrow()
    expect(seen).toEqual(Array.from({ length: 51 }, (_, at) => 250 + at))
  })
  test('goes on where it ended, with and without what is derived', async () => {
    const where = await options()
    for (let opening = 0; opening < 4; opening++) {
      if (opening === 2) await place.forget()
      await using ledger = await openLedger(where)
      expect(ledger.size).toBe(1 + 300 * opening)
      await Promise.all(Array.from({ length: 300 }, (_, at) => ledger.write(`${opening}:${at}`)))
      await checkProof(ledger, await ledger.prove(1), '0:0')
    }
  })

  test('a second process in the same folder is refused, also while the first is idle', async () => {
    const where = await options()
    {
      await using _first = await openLedger(where)
      await expect(openLedger(where)).rejects.toMatchObject({ code: 'ledger.locked' })
    }
    await using again = await openLedger(where)
    expect(again.size).toBe(1)
  })

  test('a log of another key is not written', async () => {
    const where = await options()
    await (await openLedger(where))[Symbol.asyncDispose]()
    const other = noteSigner(origin, generateKeyPairSync('ed25519').privateKey)
    await expect(openLedger({ ...where, signer: other })).rejects.toMatchObject({ code: 'ledger.other-log' })
  })

  test('a log restored from an older backup does not sign again', async () => {
    const where = await options()
    {
      await using ledger = await openLedger(where)
      await ledger.write('before')
    }
    const restore = await place.backup()
    {
      await using ledger = await openLedger(where)
      await ledger.write('after')
    }
    await restore()
    await expect(openLedger(where)).rejects.toMatchObject({
      code: 'ledger.rolled-back',
      detail: '3 entries were signed, but the log holds 2',
    })
    await place.lose()
    await expect(openLedger(where)).rejects.toMatchObject({
      code: 'ledger.rolled-back',
      detail: '3 entries were signed, but the log holds 0',
    })
  })

  test('the guard refuses a smaller size, another root for the same size, and whoever was slower', async () => {
    const { guard } = place.options
    const head = (size: number, fill: number) => {
      const bytes = Buffer.alloc(32, fill).toString('base64')
      return { size, root: bytes, checkpoint: `${origin}\n${size}\n${bytes}\n\n— a AAAAAAAA\n` }
    }
    expect(await guard.advance(origin, undefined, head(5, 1))).toBe(true)
    expect(await guard.advance(origin, undefined, head(6, 1))).toBe(false)
    expect(await guard.advance(origin, head(5, 1), head(4, 1))).toBe(false)
    expect(await guard.advance(origin, head(5, 1), head(5, 2))).toBe(false)
    expect(await guard.advance(origin, head(5, 1), head(5, 1))).toBe(true)
    const race = await Promise.all([6, 7].map((size) => guard.advance(origin, head(5, 1), head(size, 1))))
    expect(race.filter((passed) => passed).length).toBe(1)
    expect((await guard.read(origin))?.size).toBe(race[0] === true ? 6 : 7)
  })
})
