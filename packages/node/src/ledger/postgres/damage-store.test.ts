import { mkdtempSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { openSharedDatabase } from '@ambit/testkit/log-engines'
import type { SharedDatabase } from '@ambit/testkit/log-engines'
import { postgresUrl } from '@ambit/testkit/services'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { openLedger } from '../ledger.ts'
import type { LedgerOptions } from '../ledger.ts'
import { origin, signer } from '../ledger-fixture.ts'

const address = await postgresUrl()
const root = mkdtempSync(join(tmpdir(), 'ambit-damage-'))
afterAll(() => rm(root, { recursive: true }))

const tables = ['ledger_head', 'ledger_batch', 'ledger_checkpoint', 'ledger_guard']

describe.skipIf(address === undefined)('rows of a log that were changed', () => {
  let database: SharedDatabase
  let replicas = 0
  beforeEach(async () => {
    database = await openSharedDatabase(address!)
  })
  afterEach(() => database[Symbol.asyncDispose]())

  async function options(): Promise<LedgerOptions> {
    return {
      origin,
      signer,
      clock: systemClock,
      onFailure: () => undefined,
      ...(await database.replica(join(root, String(replicas++)))),
    }
  }

  /** Writes batches that begin at the indexes 0, 1, 4, 7 and 10 of a log of 13 entries. */
  async function written(): Promise<LedgerOptions> {
    const where = await options()
    await using ledger = await openLedger(where)
    for (let batch = 0; batch < 4; batch++) {
      await Promise.all(Array.from({ length: 3 }, (_, each) => ledger.write(`entry ${batch}:${each}`)))
    }
    return where
  }

  /** What a replica says that reads the whole log, and what one says that knows it. */
  async function found(
    where: LedgerOptions,
  ): Promise<{ fresh: Fault | undefined; known: Fault | undefined }> {
    const fresh = await openLedger(await options()).then(
      (ledger) => ledger[Symbol.asyncDispose]().then(() => undefined),
      (error: Fault) => error,
    )
    const known = await (async () => {
      await using ledger = await openLedger(where)
      for await (const _ of ledger.entries(0));
    })().then(
      () => undefined,
      (error: Fault) => error,
    )
    return { fresh, known }
  }

  test('every byte of the entries of a batch: batch and index are named', { timeout: 60_000 }, async () => {
    const where = await written()
    const restore = await database.backup(tables)
    const [row] = await database.query(
      'select octet_length(entries) as length from ledger_batch where first = 4',
    )
    const length = Number(row!['length'])
    expect(length).toBe(3 * 14)
    for (let at = 0; at < length; at++) {
      await database.query(
        'update ledger_batch set entries = set_byte(entries, $1, get_byte(entries, $1) # 16) where first = 4',
        [at],
      )
      const { fresh, known } = await found(where)
      const index = 4 + Math.floor(at / 14)
      expect(fresh, `byte ${at}`).toMatchObject({ code: 'ledger.corrupt' })
      expect(fresh!.where).toMatch(new RegExp(`^ledger_batch of ${origin}, batch 4 index [4-7]$`))
      expect(known, `byte ${at}`).toMatchObject({
        code: 'ledger.corrupt',
        where: `ledger_batch of ${origin}, batch 4 index ${index}`,
      })
      await restore()
    }
  })

  test.each(['previous', 'root', 'writer'])('a bit of the column %s, in any batch', async (column) => {
    const where = await written()
    const restore = await database.backup(tables)
    for (const first of [0, 1, 4, 7, 10]) {
      await database.query(
        `update ledger_batch set ${column} = set_byte(${column}, 5, get_byte(${column}, 5) # 1) where first = $1`,
        [first],
      )
      const { fresh } = await found(where)
      expect(fresh?.code, `batch ${first}`).toMatch(/^ledger\.(corrupt|rolled-back)$/)
      await restore()
    }
  })

  test.each([0, 1, 4, 7, 10])('the batch at %i is gone: it is named', async (first) => {
    const where = await written()
    await database.query('delete from ledger_batch where first = $1', [first])
    const { fresh, known } = await found(where)
    expect(fresh).toMatchObject({
      code: 'ledger.corrupt',
      detail: 'a batch is missing',
      where: `ledger_batch of ${origin}, batch ${first} index ${first}`,
    })
    expect(known?.code).toBe('ledger.corrupt')
    expect(known?.where).toContain(`index ${first}`)
  })

  test.each([
    ['the head was set back', 'update ledger_head set size = 10'],
    ['the head has another root', 'update ledger_head set root = set_byte(root, 0, get_byte(root, 0) # 1)'],
    ['the head is gone', 'delete from ledger_head'],
    ['the guard was set back', 'update ledger_guard set size = 10'],
    [
      'the checkpoint in the guard is another',
      "update ledger_guard set checkpoint = replace(checkpoint, '13', '14'), size = 14",
    ],
    [
      'the published checkpoint is another',
      "update ledger_checkpoint set checkpoint = replace(checkpoint, '— ', '— x')",
    ],
  ])('%s', async (_, change) => {
    const where = await written()
    await database.query(change)
    const { fresh, known } = await found(where)
    for (const each of [fresh, known]) expect(each?.code).toMatch(/^ledger\.(corrupt|rolled-back)$/)
  })

  test('hashes of the own folder that are not those of the rows are made again', async () => {
    const where = await written()
    const file = await open(join(where.directory, 'tiles', '0'), 'r+')
    await file.write(Buffer.alloc(32, 9), 0, 32, 5 * 32)
    await file.close()
    await using ledger = await openLedger(where)
    for await (const _ of ledger.entries(0));
    expect((await ledger.prove(5)).index).toBe(5)
  })
})
