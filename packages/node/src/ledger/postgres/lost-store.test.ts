import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { openCuttingProxy } from '@ambit/testkit/cutting-proxy'
import type { CuttingProxy } from '@ambit/testkit/cutting-proxy'
import { openSharedDatabase } from '@ambit/testkit/log-engines'
import type { SharedDatabase } from '@ambit/testkit/log-engines'
import { postgresUrl } from '@ambit/testkit/services'
import { until } from '@ambit/testkit/until'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { openLedger } from '../ledger.ts'
import type { Ledger } from '../ledger.ts'
import { contents, origin, signer } from '../ledger-fixture.ts'

const address = await postgresUrl()
const root = mkdtempSync(join(tmpdir(), 'ambit-lost-'))
afterAll(() => rm(root, { recursive: true }))

/** Words of the one statement that adds a batch. */
const adding = 'insert into ledger_batch'
const breaks = 50

describe.skipIf(address === undefined)('a connection to the database that breaks', () => {
  let database: SharedDatabase
  let proxy: CuttingProxy
  let replicas = 0
  let lasts = 0
  let failures: Fault[] = []
  beforeEach(async () => {
    const { hostname, port } = new URL(address!)
    failures = []
    proxy = await openCuttingProxy(hostname, Number(port || '5432'))
    database = await openSharedDatabase(address!)
  })
  afterEach(async () => {
    await proxy[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  async function open(port?: number): Promise<Ledger> {
    return await openLedger({
      origin,
      signer,
      clock: systemClock,
      onFailure: (fault) => failures.push(fault),
      ...(await database.replica(join(root, String(replicas++)), port === undefined ? {} : { port })),
    })
  }

  /** Holds what callers were told against what the log holds: nothing lost, nothing twice, nothing that was refused. */
  async function holds(ledger: Ledger, told: ReadonlyMap<string, number | Fault>): Promise<void> {
    await ledger.write(`last ${lasts++}`)
    const entries = await contents(ledger)
    const places = new Map(entries.map((entry, index) => [entry, index]))
    expect(places.size, 'an entry stands twice').toBe(entries.length)
    for (const [entry, result] of told) {
      expect(places.get(entry), entry).toBe(typeof result === 'number' ? result : undefined)
    }
  }

  const tell = (told: Map<string, number | Fault>, ledger: Ledger, entry: string): Promise<void> =>
    ledger.write(entry).then(
      (index) => void told.set(entry, index),
      (error: unknown) => void told.set(entry, Fault.from(error)),
    )

  test.each(['request', 'reply'] as const)(
    'at the %s of a batch: it is in the log once, and acknowledged',
    async (at) => {
      await using ledger = await open(proxy.port)
      const told = new Map<string, number | Fault>()
      const cut = proxy.cut(at, adding)
      const waiting = tell(told, ledger, 'on its way')
      await cut
      await waiting
      expect(told.get('on its way')).toBe(1)
      await until('the log goes on', () => ledger.state().state === 'open')
      await holds(ledger, told)
      expect(failures.map((fault) => fault.code)).toEqual(['ledger.away'])
    },
  )

  test('also when another replica writes before it is known what became of the batch', async () => {
    await using ledger = await open(proxy.port)
    await using other = await open()
    const told = new Map<string, number | Fault>()
    for (const at of ['request', 'reply'] as const) {
      const cut = proxy.cut(at, adding)
      const waiting = tell(told, ledger, `on its way to the ${at}`)
      await cut
      proxy.down()
      await tell(told, other, `meanwhile at the ${at}`)
      proxy.up()
      await waiting
    }
    expect([...told.values()].every((result) => typeof result === 'number')).toBe(true)
    await holds(ledger, told)
    await holds(other, new Map())
  })

  test('while a database is away entries are refused by name, and the log goes on by itself when it is back', async () => {
    await using ledger = await open(proxy.port)
    proxy.down()
    await until('the log notices', () => ledger.state().state === 'away')
    await expect(ledger.write('refused')).rejects.toMatchObject({ code: 'ledger.away', retryable: true })
    proxy.up()
    await until('the log goes on', () => ledger.state().state === 'open')
    expect(await ledger.write('taken')).toBe(1)
    await ledger.checkpoint(2)
  })

  test('closing does not wait for ever, and does not say that an entry is safe', async () => {
    const ledger = await open(proxy.port)
    const cut = proxy.cut('request', adding)
    const told = new Map<string, number | Fault>()
    const waiting = tell(told, ledger, 'on its way')
    await cut
    proxy.down()
    await ledger[Symbol.asyncDispose]()
    await waiting
    expect(told.get('on its way')).toMatchObject({ code: 'ledger.away' })
  })

  test(
    `${breaks} times in the middle of commits of two replicas: nothing is lost and nothing stands twice`,
    { timeout: 60_000 },
    async () => {
      const ledgers = [await open(proxy.port), await open()] as const
      const told = new Map<string, number | Fault>()
      const stop = new AbortController()
      const writers = ledgers.map(async (ledger, at) => {
        for (let round = 0; !stop.signal.aborted; round++) {
          await Promise.all(
            Array.from({ length: 1 + (round % 20) }, (_, each) =>
              tell(told, ledger, `${at}:${round}:${each}`),
            ),
          )
        }
      })
      let ended = 0
      for (let each = 0; each < breaks; each++) {
        if (each % 5 === 0) await proxy.cut('request', adding)
        else if (each % 5 === 1) await proxy.cut('reply', adding)
        else {
          // Whoever adds a batch at this moment.
          const rows = await until('a backend is ended', async () => {
            const found = await database.query(
              `select pg_terminate_backend(pid) from pg_stat_activity
               where application_name = current_setting('application_name') and state = 'active'
                 and query like '%' || $1 || '%' and pid <> pg_backend_pid()`,
              [adding],
            )
            return found.length > 0 && found
          })
          ended += rows.length
        }
      }
      stop.abort()
      await Promise.all(writers)
      expect(ended).toBeGreaterThan(0)
      const acknowledged = [...told.values()].filter((result) => typeof result === 'number')
      expect(acknowledged.length).toBeGreaterThan(breaks)
      for (const ledger of ledgers) await until('the log goes on', () => ledger.state().state === 'open')
      for (const result of told.values())
        if (typeof result !== 'number') expect(result.code).toBe('ledger.away')
      await holds(ledgers[0], told)
      await ledgers[1].read(ledgers[0].size - 1)
      expect(await contents(ledgers[1])).toEqual(await contents(ledgers[0]))
      for (const ledger of ledgers) await ledger[Symbol.asyncDispose]()
    },
  )
})
