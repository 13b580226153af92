import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCheckpoint } from '@ambit/core/log/checkpoint'
import { parseVkey } from '@ambit/core/log/note'
import { makeSoftToken, softTokenPresent } from '@ambit/testkit/soft-token'
import { postgresUrl } from '@ambit/testkit/services'
import type { SoftToken } from '@ambit/testkit/soft-token'
import { freshSchema } from '@ambit/testkit/stores'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { systemClock } from './kernel/clock.ts'
import { Disposer } from './kernel/disposer.ts'
import { createKeyring } from './kernel/keyring.ts'
import { silentLog } from './kernel/log.ts'
import { openLogs } from './logs.ts'
import type { Logs } from './logs.ts'

/* The logs of a node with their keys in a token of software, on both engines. */

if (!softTokenPresent)
  console.log('skipped: logs whose keys lie in a PKCS #11 token, because pkcs11-tool or softhsm2 is not here')
const address = await postgresUrl()
const engines = ['file', ...(address === undefined ? [] : ['postgres'])] as const

const root = mkdtempSync(join(tmpdir(), 'ambit-logs-token-'))
afterAll(() => rm(root, { recursive: true }))

describe.skipIf(!softTokenPresent).each(engines)('the logs of a node on the %s engine', (engine) => {
  let token: SoftToken
  let settings: Record<string, string>
  let disposer: Disposer
  beforeEach(async () => {
    token = makeSoftToken()
    disposer = new Disposer()
    const shared = {
      AMBIT_LOG: 'postgres',
      AMBIT_STORE: engine === 'file' ? '' : await freshSchema(address!),
    }
    settings = {
      ...token.environment,
      AMBIT_LOG_KEY: token.uri(';object=logs'),
      AMBIT_DATA: mkdtempSync(join(root, 'data-')),
      ...(engine === 'file' ? {} : shared),
    }
  })
  afterEach(async () => {
    await disposer.dispose()
    token[Symbol.dispose]()
  })

  const open = async (change: Record<string, string> = {}): Promise<Logs> =>
    await openLogs({
      config: readConfig({ ...settings, ...change }),
      name: 'node.example',
      clock: systemClock,
      log: silentLog,
      keyring: createKeyring(Buffer.alloc(32, 7), systemClock),
      cosignerOf: async () => undefined,
      disposer,
    })

  const close = async () => {
    await disposer.dispose()
    disposer = new Disposer()
  }

  test('have their keys in the token, and go on with them after a restart', async () => {
    const { registryLedger, activityLedger } = await open()
    expect(token.labels()).toEqual([
      expect.stringMatching(/^logs-activity-\d{4}h[12]-[0-9a-f]{8}$/),
      expect.stringMatching(/^logs-registry-\d{4}h[12]-[0-9a-f]{8}$/),
    ])
    const kept: [string, string][] = []
    for (const ledger of [registryLedger, activityLedger]) {
      for (let each = 0; each < 20; each++) await ledger.write(`entry ${each}`)
      const key = await parseVkey(ledger.vkey)
      if (!key.ok) throw new Error(key.reason)
      const opened = await openCheckpoint(await ledger.checkpoint(ledger.size), key.verifier)
      expect(opened).toMatchObject({ ok: true, checkpoint: { size: 21 } })
      kept.push([ledger.vkey, ledger.promiseKey!.vkey])
    }
    await close()
    const again = await open()
    expect(
      [again.registryLedger, again.activityLedger].map((each) => [each.vkey, each.promiseKey!.vkey]),
    ).toEqual(kept)
    expect(await again.activityLedger.write('and on')).toBe(21)
    expect(await again.activityLedger.checkpoint(22)).toContain('\n22\n')
    expect(token.labels()).toHaveLength(2)
  })

  test('do not open with a wrong PIN, without the setting, or with another token', async () => {
    await open()
    await close()
    const away = { AMBIT_LOG_KEY: token.uri(';object=logs', 'wrong-pin') }
    await expect(open(away)).rejects.toMatchObject({
      code: 'ledger.signer',
      detail: expect.stringContaining('CKR_PIN_INCORRECT') as string,
    })
    await close()
    await expect(open({ AMBIT_LOG_KEY: '' })).rejects.toMatchObject({ code: 'ledger.rolled-back' })
    await close()
    using other = makeSoftToken()
    await expect(
      open({ ...other.environment, AMBIT_LOG_KEY: other.uri(';object=logs') }),
    ).rejects.toMatchObject({
      code: 'ledger.rolled-back',
      detail: expect.stringContaining('has no key called registry-') as string,
    })
    expect(other.labels()).toEqual([])
  })

  // Logs that several nodes write do not turn, and those of files have one writer.
  const ofFiles = engine === 'file' ? test : undefined
  const ofRows = engine === 'postgres' ? test : undefined

  ofFiles?.('turn to a new key in the token, and the old one is gone', async () => {
    const { activityLedger } = await open()
    await activityLedger.write('one')
    const before = token.labels()
    await activityLedger.rotate('a test')
    const after = token.labels()
    expect(after).toHaveLength(2)
    expect(after.filter((label) => before.includes(label))).toEqual([
      expect.stringMatching(/^logs-registry-/),
    ])
    expect(await activityLedger.write('two')).toBeGreaterThan(2)
    expect((await activityLedger.prove(1)).vkey).not.toBe(activityLedger.vkey)
  })

  ofRows?.('are written by two nodes that share the token', async () => {
    const one = await open()
    const two = await open({ AMBIT_DATA: mkdtempSync(join(root, 'data-')) })
    expect(two.activityLedger.vkey).toBe(one.activityLedger.vkey)
    const index = await one.activityLedger.write('of the first')
    expect(await two.activityLedger.write('of the second')).toBe(index + 1)
    for (const { activityLedger } of [one, two])
      expect(await activityLedger.checkpoint(index + 2)).toContain(`\n${index + 2}\n`)
    expect(token.labels()).toHaveLength(2)
  })
})
