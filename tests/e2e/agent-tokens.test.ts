import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHolderKey } from '@ambit/sdk/holder-key'
import { provenFetch } from '@ambit/sdk/agent-fetch'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { bringOnline, removeData, startTestNode } from '@ambit/testkit/start-node'
import { expect, test } from 'vitest'

test('a token that belongs to a key is proved as ever where clients may not log in by themselves', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-tokens-'))
  const server = await startMcpServer()
  const { signer } = await createHolderKey()
  let token = ''
  {
    await using node = await startTestNode({ data })
    await bringOnline(node.ambit, { url: server.url }, 'desk')
    const { signed } = await node.ambit.mandates.grant({
      purpose: 'an agent of its own',
      allow: [{ target: 'desk', capability: '*', decision: 'autonomous' }],
      holder: signer.key,
    })
    token = (await node.ambit.chains.present([signed], signer)).token
  }
  {
    await using node = await startTestNode({ data, env: { AMBIT_OAUTH: 'off' } })
    const url = `${node.url}/mcp`
    const mcp = await connectMcpClient(url, { fetch: provenFetch(signer, token) })
    expect((await mcp.tools()).length).toBeGreaterThan(0)
    await mcp.close()
    const other = (await createHolderKey()).signer
    await expect(connectMcpClient(url, { fetch: provenFetch(other, token) })).rejects.toThrow()
    await expect(connectMcpClient(url, { token })).rejects.toThrow()
  }
  await server.close()
  removeData(data)
})
