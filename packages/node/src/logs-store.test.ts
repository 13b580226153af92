import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresUrl } from '@ambit/testkit/services'
import { freshSchema } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { afterAll, expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { systemClock } from './kernel/clock.ts'
import { Disposer } from './kernel/disposer.ts'
import { createKeyring } from './kernel/keyring.ts'
import { createLog } from './kernel/log.ts'
import { openLogs } from './logs.ts'

const address = await postgresUrl()
const root = mkdtempSync(join(tmpdir(), 'ambit-logs-'))
afterAll(() => rm(root, { recursive: true }))

test.skipIf(address === undefined)(
  'nodes with one key and AMBIT_LOG=postgres begin together and write one log',
  async () => {
    const store = await freshSchema(address!)
    const disposers: Disposer[] = []
    const replica = async (name: string) => {
      const disposer = new Disposer()
      disposers.push(disposer)
      return await openLogs({
        config: readConfig({ AMBIT_DATA: join(root, name), AMBIT_LOG: 'postgres', AMBIT_STORE: store }),
        name: 'node.example',
        clock: systemClock,
        log: createLog('silent'),
        keyring: createKeyring(Buffer.alloc(32, 7), systemClock),
        cosignerOf: async () => undefined,
        disposer,
      })
    }
    const [one, two] = await Promise.all([replica('one'), replica('two')])
    for (const kind of ['registryLedger', 'activityLedger'] as const) {
      expect(one[kind].vkey).toBe(two[kind].vkey)
      expect(one[kind].list.note).toBe(two[kind].list.note)
      const index = await one[kind].write('of the first')
      expect(Buffer.from(await two[kind].read(index)).toString()).toBe('of the first')
      expect(await two[kind].write('of the second')).toBe(index + 1)
      await until('the first follows', () => one[kind].size === index + 2)
      expect((await one[kind].prove(index + 1)).origin).toBe(one[kind].origin)
      await expect(one[kind].rotate('because')).rejects.toMatchObject({ code: 'ledger.shared' })
    }
    for (const disposer of disposers) await disposer.dispose()
  },
)
