import { startNginx } from '@ambit/testkit/nginx'
import type { TestNginx } from '@ambit/testkit/nginx'
import { bringPlainOnline, startPlainServer } from '@ambit/testkit/plain-server'
import type { PlainServer } from '@ambit/testkit/plain-server'
import { nginxPath } from '@ambit/testkit/services'
import { allow, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * A real nginx in front of a plain server asks the node with `auth_request`. What is refused does not reach the server;
 * without the question it does. The configuration is that of docs/guide/decision-point.md.
 */

const here = nginxPath() !== undefined
if (!here) console.log('not here: nginx; the decision point is not tried with it')

describe.skipIf(!here)('nginx asks the node', () => {
  let node: TestNode
  let server: PlainServer
  let nginx: TestNginx
  let access: TestAccess

  beforeAll(async () => {
    server = await startPlainServer()
    node = await startTestNode()
    await bringPlainOnline(node.ambit, 'notes', server.url, {
      'GET /notes/*': { effect: 'read', reversibility: 0 },
      'POST /notes': { effect: 'write', reversibility: 2 },
      'DELETE /notes/*': { effect: 'write', reversibility: 3 },
    })
    access = await allow(node.ambit, [
      { target: 'notes', capability: 'GET *', decision: 'autonomous' },
      { target: 'notes', capability: 'DELETE *', decision: 'ask' },
    ])
    nginx = await startNginx(locations(node.port, server.url))
  })

  afterAll(async () => {
    await nginx[Symbol.asyncDispose]()
    await node[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  async function send(method: string, path: string, headers: Record<string, string> = bearer()) {
    const answer = await fetch(`${nginx.url}${path}`, { method, headers })
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  const bearer = () => ({ authorization: `Bearer ${access.token}` })
  const reached = (method: string, path: string) =>
    server.heard.filter((each) => each.method === method && each.url === path)

  test('what is allowed reaches the server, with the act and without the token', async () => {
    const headers = { ...bearer(), 'ambit-act': 'forged', origin: 'https://app.example' }
    const answer = await send('GET', '/notes/7?full=1', headers)
    expect(answer).toMatchObject({ status: 200, text: 'done' })
    const [heard] = reached('GET', '/notes/7?full=1')
    expect(heard?.headers['ambit-act']).toMatch(/^[0-9a-f]{32}$/)
    expect(heard?.headers['authorization']).toBeUndefined()
  })

  test('what is refused does not reach it; without the question it does', async () => {
    const refused = await send('POST', '/notes')
    expect(refused.status).toBe(403)
    expect(refused.headers.get('ambit-reason')).toBe('mandate.no-entry')
    expect(reached('POST', '/notes')).toEqual([])
    expect((await send('POST', '/unasked/notes')).status).toBe(200)
    expect(reached('POST', '/unasked/notes')).toHaveLength(1)
  })

  test('a caller that is not known does not reach it', async () => {
    const answers = [{}, { authorization: 'Bearer mallory' }]
    for (const headers of answers) expect((await send('GET', '/notes/1', headers)).status).toBe(401)
    expect(reached('GET', '/notes/1')).toEqual([])
  })

  test('what a client says in the words of the data plane changes nothing', async () => {
    const tricks = {
      ...bearer(),
      'ambit-target': 'other',
      'ambit-capability': 'GET /notes/*',
      'x-original-method': 'GET',
      'x-original-uri': '/notes/7',
    }
    expect((await send('POST', '/notes', tricks)).headers.get('ambit-reason')).toBe('mandate.no-entry')
    expect((await send('GET', '/notes/2', tricks)).status).toBe(200)
  })

  test('a path that servers read in two ways is refused', async () => {
    for (const path of ['/notes/%2e%2e%2fadmin', '/notes//7', '/notes/a%5cb', '/notes/7;x=1', '/notes/%252e'])
      expect((await send('GET', path)).headers.get('ambit-reason'), path).toBe('check.request')
    expect(server.heard.some(({ url }) => url.includes('admin'))).toBe(false)
  })

  test('what a person must decide reaches it once they did, and once only', async () => {
    const asked = await send('DELETE', '/notes/7')
    expect(asked.status).toBe(403)
    const id = asked.headers.get('ambit-approval')!.split('/').at(-1)!
    const { digest } = await node.ambit.approvals.get(id)
    expect((await send('DELETE', '/notes/7')).status).toBe(403)
    expect(reached('DELETE', '/notes/7')).toEqual([])
    await node.ambit.approvals.approve(id, digest)
    expect((await send('DELETE', '/notes/7')).status).toBe(200)
    expect((await send('DELETE', '/notes/7')).status).toBe(403)
    expect(reached('DELETE', '/notes/7')).toHaveLength(1)
  })

  test('under a mandate that was revoked nothing passes any more', async () => {
    const other = await allow(node.ambit, [{ target: 'notes', capability: 'GET *', decision: 'autonomous' }])
    const headers = { authorization: `Bearer ${other.token}` }
    expect((await send('GET', '/notes/3', headers)).status).toBe(200)
    await node.ambit.mandates.revoke(other.mandate)
    expect([401, 403]).toContain((await send('GET', '/notes/3', headers)).status)
    expect(reached('GET', '/notes/3')).toHaveLength(1)
  })

  test('without a node nothing passes', async () => {
    const other = await startTestNode()
    const alone = await startNginx(locations(other.port, server.url))
    await other.stop()
    const answer = await fetch(`${alone.url}/notes/4`, { headers: bearer() })
    expect(answer.status).toBe(500)
    expect(reached('GET', '/notes/4')).toEqual([])
    await alone[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
  })
})

function locations(port: number, upstream: string): string {
  return `
    location / {
      auth_request /_ambit;
      auth_request_set $ambit_act $upstream_http_ambit_act;
      auth_request_set $ambit_reason $upstream_http_ambit_reason;
      auth_request_set $ambit_approval $upstream_http_ambit_approval;
      add_header Ambit-Reason $ambit_reason always;
      add_header Ambit-Approval $ambit_approval always;
      proxy_set_header Ambit-Act $ambit_act;
      proxy_set_header Authorization "";
      proxy_pass ${upstream};
    }
    location = /_ambit {
      internal;
      proxy_pass http://127.0.0.1:${port}/ext-authz;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-URI $request_uri;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header Ambit-Target notes;
      proxy_set_header Ambit-Capability "";
    }
    location /unasked/ {
      proxy_pass ${upstream};
    }`
}
