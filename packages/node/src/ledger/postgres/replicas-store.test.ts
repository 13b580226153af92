import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { checkpointText } from '@ambit/core/log/checkpoint'
import { checkpointSignatureLines } from '@ambit/core/log/cosignature'
import { openSharedDatabase } from '@ambit/testkit/log-engines'
import type { ReplicaConnection, SharedDatabase } from '@ambit/testkit/log-engines'
import { postgresUrl } from '@ambit/testkit/services'
import { until } from '@ambit/testkit/until'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { openStore } from '../../store/store.ts'
import { openLedger } from '../ledger.ts'
import type { Ledger, LedgerGuard, LedgerOptions, SignedHead } from '../ledger.ts'
import { checkProof, contents, origin, signer } from '../ledger-fixture.ts'
import { openBatchStore } from './batch-store.ts'

const address = await postgresUrl()
const root = mkdtempSync(join(tmpdir(), 'ambit-replicas-'))
afterAll(() => rm(root, { recursive: true }))

describe.skipIf(address === undefined)('replicas that share a log', () => {
  let database: SharedDatabase
  let replicas = 0
  beforeEach(async () => {
    database = await openSharedDatabase(address!)
  })
  afterEach(() => database[Symbol.asyncDispose]())

  async function options(
    change: Partial<LedgerOptions> = {},
    connection?: ReplicaConnection,
  ): Promise<LedgerOptions> {
    return {
      origin,
      signer,
      clock: systemClock,
      onFailure: (fault) => {
        throw fault
      },
      ...(await database.replica(join(root, String(replicas++)), connection)),
      ...change,
    }
  }

  test.each([2, 3])('%i of them race: every entry stands once, and all have one tree', async (count) => {
    const signed = new Map<number, Set<string>>()
    const opened = await Promise.all(
      Array.from({ length: count }, async () => {
        const where = await options({ mergeDelayMs: 10 })
        return await openLedger({ ...where, guard: watched(where.guard, signed) })
      }),
    )
    await using _closing = closing(opened)
    expect(opened.map((ledger) => ledger.size)).toEqual(opened.map(() => 1))
    const rounds = 60
    const acknowledged = new Map<number, string>()
    await Promise.all(
      opened.map(async (ledger, at) => {
        for (let round = 0; round < rounds; round++) {
          await Promise.all(
            Array.from({ length: 1 + (round % 40) }, async (_, each) => {
              const entry = `${at}:${round}:${each}`
              const index = await ledger.write(entry)
              expect(acknowledged.has(index), `index ${index} twice`).toBe(false)
              acknowledged.set(index, entry)
            }),
          )
        }
      }),
    )
    const size = 1 + acknowledged.size
    const entries = await Promise.all(
      opened.map((ledger) => ledger.checkpoint(size).then(() => contents(ledger))),
    )
    for (const each of entries) {
      expect(each.length).toBe(size)
      expect(each.slice(1)).toEqual(Array.from({ length: size - 1 }, (_, at) => acknowledged.get(at + 1)))
    }
    // A proof of any of them holds for what another wrote.
    for (const ledger of opened) {
      for (const index of [1, 255, 256, size - 1])
        await checkProof(ledger, await ledger.prove(index, size), acknowledged.get(index)!)
    }
    expect(signed.size).toBeGreaterThan(1)
    expect([...signed].filter(([, roots]) => roots.size !== 1)).toEqual([])
  })

  test('an idle replica follows, and serves what another published with all its tiles', async () => {
    await using one = await openLedger(await options({ mergeDelayMs: 20 }))
    await using two = await openLedger(await options({ mergeDelayMs: 20 }))
    await Promise.all(Array.from({ length: 299 }, (_, at) => one.write(`entry ${at + 1}`)))
    await one.checkpoint(300)
    const served = Buffer.from((await two.file('checkpoint'))!.bytes).toString()
    expect(served).toBe(await one.checkpoint(300))
    for (const path of ['tile/0/000', 'tile/0/001.p/44', 'tile/1/000.p/1', 'tile/entries/001.p/44']) {
      expect((await two.file(path))?.bytes, path).toEqual((await one.file(path))!.bytes)
    }
    const index = await one.write('later')
    expect(Buffer.from(await two.read(index)).toString()).toBe('later')
    await one.write('unasked')
    await until('the other follows', () => two.size === 302)
    await until('and publishes', () => two.state().publishedSize === 302)
  })

  test('every commit waits for the disk, also where sessions are set not to', async () => {
    const where = await options({}, { setting: 'synchronous_commit=off' })
    await database.query(`create table mode (name text, value text);
      create function note() returns trigger language plpgsql as $$
        begin insert into mode values (tg_table_name, current_setting('synchronous_commit')); return null; end $$`)
    for (const table of ['ledger_batch', 'ledger_guard'])
      // Deferred: it runs when the transaction commits.
      await database.query(`create constraint trigger note after insert or update on ${table}
        deferrable initially deferred for each row execute function note()`)
    {
      await using ledger = await openLedger(where)
      await ledger.write('a')
      await ledger.checkpoint(2)
      // Also the one that takes the lock of the head, having lost the race twice.
      await using other = await openLedger(await options({}, { setting: 'synchronous_commit=off' }))
      const race = [ledger, other].map(async (each) => {
        for (let round = 0; round < 20; round++) await each.write('b')
      })
      await Promise.all(race)
    }
    const modes = await database.query(
      'select name, value, count(*)::int as count from mode group by name, value',
    )
    expect(modes.map(({ name, value }) => `${String(name)} ${String(value)}`).toSorted()).toEqual([
      'ledger_batch on',
      'ledger_guard on',
    ])
  })

  test('a database that does not sync is refused by name', async () => {
    await database.query(
      `create function current_setting(text, boolean) returns text language sql as $$ select 'off' $$`,
    )
    const setting = `search_path=${database.schema},pg_catalog`
    await expect(options({}, { setting })).rejects.toMatchObject({
      code: 'ledger.not-durable',
      detail: 'PostgreSQL runs with fsync = off',
    })
  })

  test('a replica that falls asleep with the lock in its hand loses it, and writes nothing', async () => {
    await using ledger = await openLedger(await options())
    await using store = await openStore(database.url)
    const woken = Promise.withResolvers<void>()
    const asleep = Promise.withResolvers<void>()
    const turn = openBatchStore(store, origin).locked(async () => {
      asleep.resolve()
      await woken.promise
    })
    turn.catch(() => undefined)
    await asleep.promise
    expect(await ledger.write('meanwhile')).toBe(1)
    woken.resolve()
    await expect(turn).rejects.toThrow()
  })

  test('waits for the head while another holds it', async () => {
    await using ledger = await openLedger(await options())
    const holding = database.query('begin; select * from ledger_head for update')
    await holding
    const written = ledger.write('waits')
    await database.query('select pg_sleep(0.2)')
    expect(ledger.state().queued).toBe(1)
    await database.query('rollback')
    expect(await written).toBe(1)
  })

  test('a database restored from a backup is found out by every replica, in its own memory', async () => {
    const where = [await options(), await options()]
    for (const each of where) await (await openLedger(each))[Symbol.asyncDispose]()
    const tables = ['ledger_head', 'ledger_batch', 'ledger_checkpoint', 'ledger_guard']
    const restore = await database.backup(tables)
    for (const each of where) {
      await using ledger = await openLedger(each)
      await ledger.write('after the backup')
    }
    await restore()
    for (const each of where) {
      await expect(openLedger(each)).rejects.toMatchObject({
        code: 'ledger.rolled-back',
        where: `ledger_guard of ${origin}`,
      })
    }
    // A replica without memory goes on; then the others find another history, longer than theirs.
    {
      await using ledger = await openLedger(await options())
      for (let each = 0; each < 5; each++) await ledger.write(`another history ${each}`)
    }
    for (const each of where) {
      await expect(openLedger(each)).rejects.toMatchObject({ code: 'ledger.rolled-back' })
    }
  })

  test('a database that is set back under a running replica stops it before it signs again', async () => {
    const failures: Fault[] = []
    const tables = ['ledger_head', 'ledger_batch', 'ledger_checkpoint', 'ledger_guard']
    await using ledger = await openLedger(await options({ onFailure: (fault) => failures.push(fault) }))
    await ledger.write('kept')
    const restore = await database.backup(tables)
    await ledger.write('lost')
    await restore()
    await expect(ledger.write('never')).rejects.toMatchObject({ code: 'ledger.rolled-back' })
    expect(ledger.state()).toMatchObject({ state: 'failed' })
    expect(failures.map((fault) => fault.code)).toContain('ledger.rolled-back')
  })

  test('a signature for another root that stands in the guard stops the log', async () => {
    const failures: Fault[] = []
    const where = await options({ onFailure: (fault) => failures.push(fault) })
    await using ledger = await openLedger(where)
    const text = checkpointText(origin, 2, Buffer.alloc(32, 7))
    const lines = await checkpointSignatureLines(text, signer, 1_800_000_000)
    const head = await where.guard.read(origin)
    const forked = {
      size: 2,
      root: Buffer.alloc(32, 7).toString('base64'),
      checkpoint: `${text}\n${lines.join('')}`,
    }
    const other = await options()
    expect(await other.guard.advance(origin, head, forked)).toBe(true)
    // One more than was signed: only the root at that size shows that it is another history.
    await Promise.all([ledger.write('x'), ledger.write('x')])
    await expect(ledger.checkpoint(3)).rejects.toMatchObject({ code: 'ledger.rolled-back' })
    await expect(ledger.write('y')).rejects.toMatchObject({ code: 'ledger.rolled-back' })
    expect(ledger.state()).toMatchObject({ state: 'failed', publishedSize: 1 })
  })
})

function closing(ledgers: readonly Ledger[]): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(ledgers.map((ledger) => ledger[Symbol.asyncDispose]()))
    },
  }
}

/** Notes every head that the guard was asked to let pass, and did. */
function watched(guard: LedgerGuard, signed: Map<number, Set<string>>): LedgerGuard {
  return {
    read: (of) => guard.read(of),
    async advance(of, from, to: SignedHead) {
      const passed = await guard.advance(of, from, to)
      if (passed) signed.set(to.size, (signed.get(to.size) ?? new Set()).add(to.root))
      return passed
    },
  }
}
