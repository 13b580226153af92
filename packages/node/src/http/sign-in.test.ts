import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '@ambit/testkit/certificate'
import { handClock } from '@ambit/testkit/clock'
import { startControlServer } from '@ambit/testkit/control-server'
import { send } from '@ambit/testkit/raw-http'
import { expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { openIdentity } from '../identity/identity.ts'
import { identityRoutes } from '../identity/routes.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { openStore } from '../store/store.ts'
import type { ServerOptions } from './server.ts'

async function start(options: Partial<ServerOptions> = {}) {
  const clock = handClock()
  const store = await openStore('sqlite::memory:')
  const identity = await openIdentity({
    store,
    clock,
    keyring: createKeyring(clock.random(32), clock),
    leaves: { write: async () => 0 },
    bus: createLocalBus(silentLog),
    ids: createIds(clock),
  })
  const server = await startControlServer({
    routes: identityRoutes(identity),
    identity,
    addresses: ['127.0.0.1'],
    clock,
    ...options,
  })
  const link = (await identity.firstRunToken())!
  const api = async (method: string, path: string, credential?: string, body?: unknown) =>
    await send(server.port, {
      method,
      path,
      ...(credential === undefined ? {} : { headers: { authorization: `Bearer ${credential}` } }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { server, clock, link, api }
}

async function signedIn(room: Awaited<ReturnType<typeof start>>): Promise<string> {
  const answer = await room.api('POST', '/api/sign-in', undefined, { token: room.link, client: 'cli' })
  return String(answer.json()['session'])
}

test('a link signs the console in by a cookie that scripts cannot read, once', async () => {
  const room = await start()
  const answer = await room.api('POST', '/api/sign-in', undefined, { token: room.link })
  expect(answer.status).toBe(200)
  expect(answer.json()).toMatchObject({ me: { person: { name: 'Owner' }, roles: ['owner'], by: 'session' } })
  expect(answer.text).not.toContain('ambs_')
  const [cookie] = answer.headers['set-cookie']!
  expect(cookie).toMatch(
    /^ambit_session=ambs_[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
  )

  const own = { cookie: cookie!.split(';')[0]!, origin: `http://localhost:${room.server.port}` }
  expect((await send(room.server.port, { path: '/api/me', headers: own })).status).toBe(200)
  const again = await room.api('POST', '/api/sign-in', undefined, { token: room.link })
  expect(again.json()).toMatchObject({ status: 401, code: 'auth.expired', where: 'token' })

  const out = await send(room.server.port, { method: 'POST', path: '/api/sign-out', headers: own })
  expect(out.status).toBe(204)
  expect(out.headers['set-cookie']![0]).toContain('ambit_session=; Path=/; Max-Age=0')
  expect((await send(room.server.port, { path: '/api/me', headers: own })).status).toBe(401)
  await room.server.close()
})

test('a token that is revoked is refused from the next request on', async () => {
  const room = await start()
  const session = await signedIn(room)
  const made = await room.api('POST', '/api/tokens', session, { name: 'ci', expiresInDays: 1 })
  expect(made.json()).toMatchObject({ name: 'ci', expires: '2026-01-02T00:00:00.000Z' })
  const token = String(made.json()['token'])
  expect((await room.api('GET', '/api/me', token)).json()).toMatchObject({ by: 'token' })
  expect((await room.api('GET', '/api/tokens', token)).text).not.toContain(token)
  expect((await room.api('DELETE', `/api/tokens/${String(made.json()['id'])}`, session)).status).toBe(204)
  expect((await room.api('GET', '/api/me', token)).status).toBe(401)
  await room.server.close()
})

test('a token cannot make itself a session, another token or another person', async () => {
  const room = await start()
  const session = await signedIn(room)
  const token = String((await room.api('POST', '/api/tokens', session, { name: 'ci' })).json()['token'])
  const me = (await room.api('GET', '/api/me', token)).json() as { person: { id: string } }
  const tries = [
    await room.api('POST', `/api/people/${me.person.id}/sign-in-link`, token),
    await room.api('POST', '/api/tokens', token, { name: 'more' }),
    await room.api('POST', '/api/people', token, { name: 'Eve', roles: ['approver'] }),
    await room.api('PATCH', `/api/people/${me.person.id}`, token, { name: 'Eve' }),
  ]
  for (const answer of tries) expect(answer.json()).toMatchObject({ status: 403, code: 'auth.session-only' })
  await room.server.close()
})

test('an owner adds a person, who signs in by their own link and is no owner', async () => {
  const room = await start()
  const session = await signedIn(room)
  const added = await room.api('POST', '/api/people', session, {
    name: ' Li ',
    roles: ['operator', 'operator'],
  })
  expect(added.status).toBe(201)
  const view = added.json() as { person: { id: string; name: string }; signInLink: string; expires: string }
  expect(view.person.name).toBe('Li')
  expect(view.expires).toBe('2026-01-01T00:15:00.000Z')
  const link = new URL(view.signInLink)
  expect(link.pathname).toBe('/sign-in')
  const token = link.searchParams.get('token')
  const signed = await room.api('POST', '/api/sign-in', undefined, { token, client: 'cli' })
  const li = String(signed.json()['session'])
  expect((await room.api('GET', '/api/people', li)).json()).toMatchObject({
    people: expect.arrayContaining([expect.objectContaining({ name: 'Li' })]) as unknown,
  })
  expect((await room.api('POST', '/api/people', li, { name: 'X', roles: ['owner'] })).status).toBe(403)
  expect((await room.api('PATCH', `/api/people/${view.person.id}`, session, { roles: [] })).status).toBe(200)
  expect((await room.api('GET', '/api/me', li)).status).toBe(401)
  const last = await room.api('GET', '/api/me', session)
  const own = (last.json() as { person: { id: string } }).person.id
  expect(
    (await room.api('PATCH', `/api/people/${own}`, session, { roles: ['auditor'] })).json()['code'],
  ).toBe('identity.last-owner')
  expect((await room.api('PATCH', '/api/people/p_nobody', session, { name: 'X' })).status).toBe(404)
  await room.server.close()
})

test('over https the cookie is sent over https only', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-tls-'))
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  const { cert, key } = selfSigned('localhost')
  writeFileSync(files.certFile, cert)
  writeFileSync(files.keyFile, key)
  const room = await start({ tls: files })
  expect(room.server.origin).toBe(`https://localhost:${room.server.port}`)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: room.server.port,
        method: 'POST',
        path: '/api/sign-in',
        ca: cert,
        checkServerIdentity: () => undefined,
        headers: { host: 'localhost', 'content-type': 'application/json' },
        agent: false,
      },
      resolve,
    )
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify({ token: room.link }))
  })
  answer.resume()
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['set-cookie']![0]).toMatch(/; Secure$/)
  await room.server.close()

  writeFileSync(files.certFile, 'no certificate')
  await expect(start({ tls: files })).rejects.toMatchObject({
    code: 'config.invalid',
    where: 'AMBIT_TLS_CERT',
  })
  rmSync(folder, { recursive: true })
  await expect(start({ tls: files })).rejects.toMatchObject({ code: 'config.invalid' })
})
