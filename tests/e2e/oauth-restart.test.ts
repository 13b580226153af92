import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { openRequest } from '@ambit/testkit/consenting'
import { ProofKey } from '@ambit/testkit/proof'
import { RawOAuthClient } from '@ambit/testkit/raw-oauth'
import { postgresUrl } from '@ambit/testkit/services'
import { spawnNode } from '@ambit/testkit/spawn-node'
import { bringOnline, removeData, startTestNode } from '@ambit/testkit/start-node'
import { freshSchema } from '@ambit/testkit/stores'
import { expect, test } from 'vitest'

/* What clients were given outlives the node that gave it. */

const onlyEcho = { allow: [{ target: 'desk', capability: 'echo', decision: 'autonomous' }] }

test('a node that starts again knows its clients, their tokens and keys, and requests that wait', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-oauth-'))
  const server = await startMcpServer()
  const first = await startTestNode({ data })
  const { port, url } = first
  await bringOnline(first.ambit, { url: server.url }, 'desk')
  const plain = new RawOAuthClient(url)
  const { code } = await plain.code(first.session, onlyEcho)
  const given = (await plain.exchangeCode(code)).body
  const key = new ProofKey()
  const bound = new RawOAuthClient(url)
  const dpop = key.proof('POST', `${url}/oauth/token`)
  const second = await bound.code(first.session, onlyEcho)
  const boundGiven = (await bound.exchangeCode(second.code, {}, { dpop })).body
  const waiting = await openRequest(url, first.session, plain.request())
  await first.stop()

  await using again = await startTestNode({ data, env: { AMBIT_PORT: String(port) } })
  expect(again.url).toBe(url)
  expect(await plain.calls(given['access_token'])).toBe(200)
  expect((await plain.refresh(given['refresh_token'])).status).toBe(200)
  // A token that belongs to a key does not become one that belongs to anybody.
  expect(await bound.calls(boundGiven['access_token'])).toBe(401)
  const proof = key.proof('POST', `${url}/mcp`, { token: String(boundGiven['access_token']) })
  expect(await bound.calls(boundGiven['access_token'], 'DPoP', { dpop: proof })).toBe(200)
  const answer = await waiting.browser.post(waiting.api, { purpose: 'Desk work', ...onlyEcho })
  expect(answer.status).toBe(200)
  const { location } = (await answer.json()) as { location: string }
  const back = new URL((await waiting.browser.get(location)).headers.get('location') ?? '')
  expect((await plain.exchangeCode(back.searchParams.get('code') ?? '')).status).toBe(200)
  await again.stop()
  await server.close()
  removeData(data)
})

const postgres = await postgresUrl()
if (postgres === undefined) process.stdout.write('oauth: replicas skipped, there is no PostgreSQL here\n')

test.skipIf(postgres === undefined)('what one replica gave, another takes, and only once', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ambit-oauth-replicas-'))
  const store = await freshSchema(postgres!)
  const replica = async (name: string, env = {}) =>
    await spawnNode({
      data: join(root, name),
      store,
      env: { AMBIT_LOG: 'postgres', AMBIT_MASTER_KEY: `file:${join(root, 'master.key')}`, ...env },
    })
  const server = await startMcpServer()
  const one = await replica('one')
  // As behind one address: both go by the same name.
  const two = await replica('two', { AMBIT_ORIGIN: one.url })
  await bringOnline(one.ambit, { url: server.url }, 'desk')
  const here = new RawOAuthClient(one.url)
  const { code } = await here.code(one.session, onlyEcho)
  const there = new RawOAuthClient(`http://localhost:${two.port}`)
  there.id = here.id
  const answers = await Promise.all(
    [here, there, here, there].map(
      async (client) => await client.exchangeCode(code, { code_verifier: here.verifier }),
    ),
  )
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
  const again = await here.code(one.session, onlyEcho)
  const given = (await there.exchangeCode(again.code, { code_verifier: here.verifier })).body
  expect(await there.calls(given['access_token'])).toBe(200)
  const renewed = (await here.refresh(given['refresh_token'])).body
  expect(renewed['access_token']).toMatch(/^ambm_/)
  expect((await there.refresh(given['refresh_token'])).body['error']).toBe('invalid_grant')
  expect((await here.refresh(renewed['refresh_token'])).body['error']).toBe('invalid_grant')
  await Promise.all([one.stop(), two.stop()])
  await server.close()
  rmSync(root, { recursive: true, force: true })
})
