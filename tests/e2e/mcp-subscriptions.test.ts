import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readLog } from '@ambit/testkit/log-reader'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { startNotesServer } from '@ambit/testkit/mcp-notes'
import type { NotesServer } from '@ambit/testkit/mcp-notes'
import { allow, bringOnline, removeData, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

/* Clients hear of resources that change, whichever era they and the server speak, and also after the server restarted. */

let node: TestNode
const open: Client[] = []

beforeAll(async () => {
  node = await startTestNode()
})

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (client) => await client.close()))
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
})

type Era = 'modern' | 'legacy'

/** A client that keeps the URIs it heard of. */
async function watch(era: Era, token: string, path: string, uri: string, at = node.url) {
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    era === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {},
  )
  const heard: string[] = []
  client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void heard.push(params.uri),
  )
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${at}${path}`), { requestInit }))
  open.push(client)
  if (era === 'modern') {
    const subscription = await client.listen({ resourceSubscriptions: [uri] })
    expect(subscription.honoredFilter).toEqual({ resourceSubscriptions: [uri] })
    return { client, heard, closed: subscription.closed }
  }
  await client.subscribeResource({ uri })
  return { client, heard, closed: undefined }
}

const pairs = (['modern', 'legacy'] as const).flatMap((client) =>
  (['modern', 'legacy'] as const).map((server) => ({ client, server })),
)

describe.each(pairs)('a $client client of a $server server', ({ client: clientEra, server: serverEra }) => {
  const slug = `${clientEra}-${serverEra}`
  let server: NotesServer
  let token: string
  let mandate: string

  beforeAll(async () => {
    server = await startNotesServer(serverEra)
    await bringOnline(node.ambit, { url: server.url }, slug)
    ;({ token, mandate } = await allow(node.ambit, [
      { target: slug, capability: '*', decision: 'autonomous' },
    ]))
  })

  afterAll(async () => {
    await server.close()
  })

  test('hears of the resource it watches, and of no other', async () => {
    const { client, heard } = await watch(clientEra, token, '/mcp', 'note://one')
    await server.write('note://two', 'other')
    await server.write('note://one', 'changed')
    await until('the client hears of it', () => heard.length > 0)
    expect(heard).toEqual(['note://one'])
    const { contents } = await client.readResource({ uri: 'note://one' })
    expect(contents).toMatchObject([{ text: 'changed' }])
  })

  test('shares one stream to the server with every other client of the mandate', async () => {
    const first = await watch(clientEra, token, '/mcp', 'note://one')
    const second = await watch(clientEra, token, `/mcp/${slug}`, 'note://one')
    await until('one stream is left', () => server.listening === 1)
    await server.write('note://one', 'again')
    await until('both hear of it', () => first.heard.length > 0 && second.heard.length > 0)
    expect([...first.heard, ...second.heard]).toEqual(['note://one', 'note://one'])
  })

  test('hears that it may have changed when the server is back after a restart, and what changes then', async () => {
    const { heard } = await watch(clientEra, token, '/mcp', 'note://one')
    await server.close()
    server = await startNotesServer(serverEra, server.port)
    await until('the client hears of it', () => heard.length > 0)
    expect(heard).toEqual(['note://one'])
    await server.write('note://one', 'after')
    await until('the client hears of it again', () => heard.length > 1)
  })

  test('hears nothing any more when the mandate is revoked', async () => {
    const { heard, closed } = await watch(clientEra, token, '/mcp', 'note://two')
    await node.ambit.mandates.revoke(mandate)
    await until('nobody listens', () => server.listening === 0)
    if (closed !== undefined) expect(await closed).toBe('graceful')
    await server.write('note://two', 'secret')
    expect(heard).toEqual([])
  })
})

test('a node that stops ends what it listens to, and does not wait for it', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-subscriptions-'))
  const server = await startNotesServer('modern')
  const stopping = await startTestNode({ data })
  await bringOnline(stopping.ambit, { url: server.url }, 'notes')
  const { token } = await allow(stopping.ambit, [
    { target: 'notes', capability: '*', decision: 'autonomous' },
  ])
  const { closed } = await watch('modern', token, '/mcp', 'note://one', stopping.url)
  await watch('legacy', token, '/mcp', 'note://two', stopping.url)
  await stopping.stop()
  expect(await closed).toBe('graceful')
  // An act that had been waited for would have ended with `node.draining`.
  const again = await startTestNode({ data })
  const leaves = await readLog(again.url, 'activity')
  const ends = leaves.flatMap((leaf) => (leaf.kind === 'act.outcome' ? [leaf.error] : []))
  expect(ends).toEqual(['act.cancelled', 'act.cancelled'])
  await again.stop()
  await server.close()
  removeData(data)
})
