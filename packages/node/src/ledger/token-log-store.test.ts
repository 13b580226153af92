import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logEngines } from '@ambit/testkit/log-engines'
import type { LogPlace } from '@ambit/testkit/log-engines'
import { testToken } from '@ambit/testkit/token'
import type { TestToken } from '@ambit/testkit/token'
import { until } from '@ambit/testkit/until'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { openSeries } from './ledger.ts'
import type { LedgerGuard, SeriesOptions } from './ledger.ts'
import { checkProof } from './ledger-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-token-engines-'))
afterAll(() => rm(root, { recursive: true }))

describe.each(logEngines)('a log on the $name engine whose key lies in a token', (engine) => {
  let place: LogPlace
  let token: TestToken
  beforeEach(async () => {
    const folder = mkdtempSync(join(root, 'log-'))
    place = await engine.place(folder)
    token = testToken(join(folder, 'token'))
  })
  afterEach(() => place[Symbol.asyncDispose]())

  function options(change: Partial<SeriesOptions> = {}): SeriesOptions {
    return {
      name: 'node.example/activity',
      clock: systemClock,
      keyring: createKeyring(Buffer.alloc(32, 1), systemClock),
      shared: engine.name === 'postgres',
      mergeDelayMs: 5,
      token,
      onFailure: (fault) => {
        if (fault.code !== 'ledger.signer') throw fault
      },
      ...place.options,
      ...change,
    }
  }

  test('entries are durable first, then signed, then in the guard, and only then in the checkpoint', async () => {
    const steps: string[] = []
    const guard: LedgerGuard = {
      read: async (origin) => await place.options.guard.read(origin),
      async advance(origin, from, to) {
        const taken = await place.options.guard.advance(origin, from, to)
        if (!origin.endsWith('/shards')) steps.push(`guard ${to.size}`)
        return taken
      },
    }
    await using series = await openSeries(options({ guard, mergeDelayMs: 1000 }))
    const published = async () => (await series.checkpoint()).split('\n')[1]
    let letGo = (): void => undefined
    token.before = async () => {
      steps.push(`asked of ${series.size} durable entries, ${await published()} published`)
      await new Promise<void>((resolve) => (letGo = resolve))
    }
    steps.length = 0
    await series.write('one')
    const covered = series.checkpoint(2)
    await until('the token to be asked', () => steps.length === 1)
    expect(steps).toEqual(['asked of 2 durable entries, 1 published'])
    expect((await place.options.guard.read(series.origin))!.size).toBe(1)
    letGo()
    await covered
    expect(steps).toEqual(['asked of 2 durable entries, 1 published', 'guard 2'])
    expect(await published()).toBe('2')
    token.before = () => undefined
  })

  test('goes on with what waited after the token was away, also through a restart', async () => {
    const vkeys: string[] = []
    {
      await using series = await openSeries(options())
      vkeys.push(series.vkey)
      token.fails = 'the token is away'
      for (let each = 0; each < 20; each++) await series.write(`entry ${each}`)
      await expect(series.checkpoint(series.size)).rejects.toMatchObject({ code: 'ledger.signer' })
      expect(series.state()).toMatchObject({ state: 'open', size: 21, publishedSize: 1 })
    }
    await expect(openSeries(options())).rejects.toMatchObject({ code: 'ledger.signer' })
    token.fails = undefined
    await using again = await openSeries(options())
    expect(again.vkey).toBe(vkeys[0])
    expect(await again.checkpoint(21)).toContain('\n21\n')
    for (const index of [1, 20]) await checkProof(again, await again.prove(index), `entry ${index - 1}`)
  })

  test('a token with another key is refused, and the log is as it was', async () => {
    const first = await openSeries(options())
    await first.write('one')
    await first[Symbol.asyncDispose]()
    const other = testToken(join(root, `other-${engine.name}`))
    other.swap(token.names()[0]!)
    await expect(openSeries(options({ token: other }))).rejects.toMatchObject({ code: 'ledger.rolled-back' })
    expect(other.signed).toEqual([])
    await using again = await openSeries(options())
    expect(again.size).toBe(2)
  })
})
