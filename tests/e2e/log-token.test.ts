import type { ReceiptAnswer } from '@ambit/core/wire/receipt-wish'
import { verifyPromise, verifyReceipt } from '@ambit/sdk/verify'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { send } from '@ambit/testkit/raw-http'
import { modernCall } from '@ambit/testkit/raw-mcp'
import type { Json } from '@ambit/testkit/raw-modern'
import { makeSoftToken, softTokenPresent } from '@ambit/testkit/soft-token'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, removeData } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/*
 * A node whose logs are signed in a token: acts, receipts and promises as ever; while the token is away acts are
 * refused by name before anything is sent; a node that is killed goes on with the same keys.
 */

const key = 'ambit/receipt'
if (!softTokenPresent)
  console.log('skipped: a node whose logs are signed in a token, because pkcs11-tool or softhsm2 is not here')

test.skipIf(!softTokenPresent)(
  'acts are recorded under keys in a token, and wait while it is away',
  async () => {
    using token = makeSoftToken()
    const server = await startMcpServer({ eras: 'modern' })
    const data = mkdtempSync(join(tmpdir(), 'ambit-log-token-'))
    const start = async () =>
      await spawnNode({ data, env: { ...token.environment, AMBIT_LOG_KEY: token.uri(';object=node') } })
    let node: SpawnedNode = await start()
    try {
      await bringOnline(node.ambit, { url: server.url }, 'desk')
      const access = await allow(node.ambit, [{ target: 'desk', capability: 'echo', decision: 'autonomous' }])
      const { ledgers } = await node.ambit.status()
      const vkeys = ledgers.map(({ vkey }) => vkey)
      const asked = async (wish: string): Promise<Json> => {
        const { headers, body } = modernCall({ token: access.token, name: 'echo', args: { text: 'hello' } })
        const message = JSON.parse(body) as Json
        message['params']._meta[key] = wish
        const answer = await send(node.port, {
          method: 'POST',
          path: '/mcp',
          headers,
          body: JSON.stringify(message),
        })
        return answer.json()
      }
      const carried = async (wish: string) => (await asked(wish))['result']._meta[key] as ReceiptAnswer

      const { receipt } = await carried('receipt')
      expect(await verifyReceipt(receipt, { vkeys })).toMatchObject({ ok: true, keyPinned: true })
      const { promise } = await carried('promise')
      expect(promise?.by?.vkey).toContain('/promise+')
      expect(await verifyPromise(promise, { vkeys })).toMatchObject({ ok: true, keyPinned: true })

      token.away()
      const ready = async () => await send(node.metricsPort, { path: '/health/ready' })
      const unsaid = await until('the log to say that it is not signed', async () => {
        const { why } = await carried('promise')
        return why !== undefined && why
      })
      expect(unsaid).toContain('The key of the log cannot be used')
      const refused = await until(
        'acts to be refused',
        async () => {
          const { error } = await asked('handle')
          return error !== undefined && (error as Json)
        },
        60_000,
      )
      expect(JSON.stringify(refused)).toContain('ledger.unsigned')
      expect((await ready()).status).toBe(503)
      expect((await ready()).text).toContain('the token did not sign with node-activity-')
      const { token: state } = (await node.ambit.status()).ledgers.find(({ origin }) =>
        origin.includes('/activity/'),
      )!
      expect(state).toMatchObject({
        token: 'ambit test',
        reason: expect.stringContaining('did not sign') as string,
      })
      const calls = server.calls.length
      await asked('handle')
      expect(server.calls.length).toBe(calls)

      token.back()
      await until('acts to begin again', async () => (await asked('handle'))['error'] === undefined, 60_000)
      await until('the node to be ready', async () => (await ready()).status === 200)

      await node.kill()
      node = await start()
      expect((await node.ambit.status()).ledgers.map(({ vkey }) => vkey)).toEqual(vkeys)
      const later = await carried('receipt')
      expect(await verifyReceipt(later.receipt, { vkeys })).toMatchObject({ ok: true, keyPinned: true })
    } finally {
      await node[Symbol.asyncDispose]()
      await server.close()
      removeData(data)
    }
  },
  120_000,
)
