import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import type { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import { testToken } from '@ambit/testkit/token'
import { until } from '@ambit/testkit/until'
import { afterAll, expect, test } from 'vitest'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { openFileGuard, openSeries } from '../ledger/ledger.ts'
import { ledgerCheck } from './merge-delay.ts'
import { watchTokens } from './token-watch.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-token-watch-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const name = 'node.example/activity'

async function seriesWith(folder: string, token?: ReturnType<typeof testToken>) {
  const clock = handClock()
  const directory = join(root, folder)
  const series = await openSeries({
    directory,
    name,
    ...(token === undefined ? {} : { token }),
    clock,
    keyring: createKeyring(createHash('sha256').update('of tests').digest(), clock),
    guard: await openFileGuard(`${directory}-guard`),
    onFailure: () => undefined,
  })
  return { clock, series }
}

test('while a token is away acts wait at the door, by name, and begin again when it is back', async () => {
  const token = testToken(join(root, 'token'))
  const { clock, series } = await seriesWith('held', token)
  await using _series = series
  const told: (Fault | undefined)[] = []
  const stop = watchTokens({
    ledgers: [series],
    clock,
    log: silentLog,
    onUnsigned: (fault) => told.push(fault),
  })
  const health = ledgerCheck(name, series)
  clock.advance(60_000)
  expect(told).toEqual([])
  token.fails = 'the token did not answer'
  await series.write('one')
  clock.advance(5001)
  expect(told).toEqual([])
  expect(await health.reason()).toContain('ms for their checkpoint; 1000 ms are promised')
  await until('the token to have failed', () => series.state().token?.reason !== undefined)
  expect(await health.reason()).toContain('the token did not answer')
  clock.advance(6000)
  expect(told.at(-1)).toMatchObject({
    code: 'ledger.unsigned',
    retryable: true,
    detail: expect.stringContaining(
      `${name} wait 11 s for their checkpoint: the token did not answer`,
    ) as string,
  })
  token.fails = undefined
  await until('acts to begin again', () => {
    clock.advance(1000)
    return told.length > 0 && told.at(-1) === undefined
  })
  expect(await health.reason()).toBeUndefined()
  stop()
})

test('a log whose key is at hand holds no act, however late its checkpoint is', async () => {
  const { series } = await seriesWith('at-hand')
  await using _series = series
  const told: unknown[] = []
  const late = { name, state: () => ({ ...series.state(), unpublishedMs: 60_000 }) }
  const own = handClock()
  const stop = watchTokens({
    ledgers: [late],
    clock: own,
    log: silentLog,
    onUnsigned: (fault) => told.push(fault),
  })
  own.advance(60_000)
  expect(told).toEqual([])
  stop()
  expect(own.timers).toBe(0)
})
