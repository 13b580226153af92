import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificateRequest } from '@ambit/sdk/certificate-request'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { certifiedClient, knock } from '@ambit/testkit/agent-client'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { postgresUrl } from '@ambit/testkit/services'
import { spawnNode } from '@ambit/testkit/spawn-node'
import { bringOnline } from '@ambit/testkit/start-node'
import { freshSchema } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { afterAll, expect, test } from 'vitest'

/*
 * Two node processes that nothing but PostgreSQL joins: what one certifies or takes back, the other one knows.
 */

const postgres = await postgresUrl()
if (postgres === undefined)
  process.stdout.write('certificates of replicas: skipped, there is no PostgreSQL here\n')

const root = mkdtempSync(join(tmpdir(), 'ambit-certificate-replicas-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test.runIf(postgres !== undefined)(
  'a certificate that one replica revoked is refused by the other, and its open connection there ends',
  { timeout: 120_000 },
  async () => {
    const store = await freshSchema(postgres!)
    const start = async (name: string) =>
      await spawnNode({
        data: join(root, name),
        store,
        env: {
          AMBIT_LOG: 'postgres',
          AMBIT_MASTER_KEY: `file:${join(root, 'master.key')}`,
          AMBIT_AGENTS_PORT: '0',
        },
      })
    const [agent, server] = await Promise.all([startA2aAgent(), startMcpServer()])
    await using first = await start('first')
    const { ambit } = first
    await bringOnline(ambit, { url: server.url }, 'desk')
    await bringOnline(ambit, { url: agent.url }, 'mailer')
    const allow = [{ target: 'desk', capability: '*', decision: 'autonomous' as const }]
    await ambit.mandates.grant({ purpose: 'a test', allow, agent: 'mailer' })
    await using second = await start('second')
    const aic = (await ambit.records.get('mailer')).record.id
    const { request, privateKey } = await certificateRequest(aic)
    const { chain, certificate } = await ambit.certificates.issue('mailer', {
      usage: 'clientAuth',
      csr: request,
    })
    const roots = (await ambit.certificates.list()).trustBundle
    const shown = { ca: roots, key: privateKey, cert: chain }
    await until(
      'the other one knows it',
      async () => (await knock(second.agentsPort, shown)).refused === undefined,
    )
    const client = certifiedClient(roots, { privateKey, chain })
    const call = async () =>
      await client.fetch(`https://localhost:${second.agentsPort}/mcp`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      })
    expect(await (await call()).text()).toContain('"result"')
    expect(client.open()).toBe(1)
    await ambit.certificates.revoke('mailer', { serial: certificate.serial, reason: 1 })
    const revokedMs = performance.now()
    await until('its connection ended', () => client.open() === 0)
    console.info(
      `refused ${Math.round(performance.now() - revokedMs)} ms after it was revoked at the other replica`,
    )
    await expect(call()).rejects.toThrow()
    expect((await knock(second.agentsPort, shown)).refused).toBeDefined()
    client.close()
    await Promise.all([agent.close(), server.close()])
  },
)
