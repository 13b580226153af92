import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { testAuthenticator } from '@ambit/testkit/authenticator'
import { readLog } from '@ambit/testkit/log-reader'
import { nodeStores } from '@ambit/testkit/node-stores'
import { send } from '@ambit/testkit/raw-http'
import { signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desk, executable, openBrowser, prepareConsole } from './console-browser.ts'
import type { TestBrowser } from './console-browser.ts'

/* Passkeys and sessions of a real node: by an authenticator in software, then by a browser with its own. */

describe.each(nodeStores)('passkeys over the API on $name', (store) => {
  let node: TestNode
  let ambit: Ambit

  beforeAll(async () => {
    node = await startTestNode(await store.options())
    ambit = node.ambit
  })

  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
  })

  test('one is added, signs in to a console and to a program, and is removed with a warning', async () => {
    const origin = node.url
    const authenticator = testAuthenticator()
    const response = authenticator.create(await ambit.passkeys.options(), { origin })
    const passkey = await ambit.passkeys.add('desk', response)
    expect(passkey).toMatchObject({ name: 'desk', host: 'localhost' })
    await expect(ambit.passkeys.add('twice', response)).rejects.toMatchObject({ code: 'passkey.challenge' })

    const nobody = connectAmbit({ url: origin })
    const answer = authenticator.get(await nobody.passkeys.signInOptions(), { origin })
    const { session } = await nobody.passkeys.signIn(answer, 'cli')
    expect((await connectAmbit({ url: origin, token: session }).people.me()).by).toBe('session')
    await expect(nobody.passkeys.signIn(answer, 'cli')).rejects.toMatchObject({ code: 'passkey.challenge' })

    const again = authenticator.get(await nobody.passkeys.signInOptions(), { origin })
    const console_ = await send(node.port, {
      method: 'POST',
      path: '/api/sign-in/passkey/verify',
      body: JSON.stringify({ response: again }),
    })
    expect(console_.headers['set-cookie']?.[0]).toMatch(/^ambit_session=ambs_.*HttpOnly; SameSite=Strict/)
    expect(console_.text).not.toContain('ambs_')

    await ambit.passkeys.rename(passkey.id, 'desk, old')
    expect(await ambit.passkeys.list()).toMatchObject([{ name: 'desk, old' }])
    expect(await ambit.passkeys.remove(passkey.id)).toMatchObject({
      left: 0,
      warning: expect.any(String) as string,
    })
    const late = authenticator.get(await nobody.passkeys.signInOptions(), { origin })
    await expect(nobody.passkeys.signIn(late)).rejects.toMatchObject({ code: 'passkey.unknown' })
  })

  test('what is made for another page, or by a page of another site, signs nobody in', async () => {
    const authenticator = testAuthenticator()
    const response = authenticator.create(await ambit.passkeys.options(), { origin: node.url })
    await ambit.passkeys.add('desk', response)
    const options = await ambit.passkeys.signInOptions()
    const phished = authenticator.get(options, { origin: 'https://ambit.example.evil' })
    await expect(ambit.passkeys.signIn(phished)).rejects.toMatchObject({ code: 'passkey.origin' })
    const good = authenticator.get(options, { origin: node.url })
    const elsewhere = await send(node.port, {
      method: 'POST',
      path: '/api/sign-in/passkey/verify',
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      body: JSON.stringify({ response: good }),
    })
    expect(elsewhere.status).toBe(403)
    const byAddress = await send(node.port, {
      method: 'POST',
      path: '/api/sign-in/passkey/options',
      headers: { host: `127.0.0.1:${node.port}` },
    })
    expect(byAddress.json()['code']).toBe('passkey.origin')
  })

  test('a person ends their sessions, an owner those of their people, and each is in the log', async () => {
    const li = await ambit.people.add({ name: 'Li', roles: ['operator'] })
    const first = await signInOwner(node.url, li.signInLink)
    const link = await ambit.people.signInLink(li.person.id)
    const second = await signInOwner(node.url, link.signInLink)
    const mine = await second.ambit.sessions.list()
    expect(mine.map(({ current }) => current)).toEqual([true, false])
    await second.ambit.sessions.end(mine[1]!.id)
    await expect(first.ambit.people.me()).rejects.toMatchObject({ code: 'auth.unknown-token' })
    await expect(second.ambit.sessions.list(li.person.id)).rejects.toMatchObject({ code: 'auth.role' })

    const token = await second.ambit.people.createToken({ name: 'ci' })
    expect(await ambit.people.tokens({ person: li.person.id })).toMatchObject([{ id: token.id, name: 'ci' }])
    await ambit.people.revokeToken(token.id, { person: li.person.id })
    await expect(connectAmbit({ url: node.url, token: token.token }).people.me()).rejects.toMatchObject({
      code: 'auth.unknown-token',
    })
    const theirs = await ambit.sessions.list(li.person.id)
    await ambit.sessions.end(theirs[0]!.id, li.person.id)
    await expect(second.ambit.people.me()).rejects.toMatchObject({ code: 'auth.unknown-token' })

    const steps = ['person-added', 'link-made', 'signed-in', 'link-made', 'signed-in', 'session-ended']
    steps.push('token-made', 'token-ended', 'session-ended')
    // Durable before the answer; published soon after.
    await expect.poll(async () => await rightsOf(node, li.person.id)).toEqual(steps)
  })
})

/** The changes of the rights of a person, as the published log has them. */
async function rightsOf(node: TestNode, person: string): Promise<string[]> {
  const leaves = await readLog(node.url, 'activity')
  return leaves.flatMap((leaf) => (leaf.kind === 'rights' && leaf.person === person ? [leaf.what] : []))
}

/** What of a browser the page below uses. */
interface Credentials {
  create(options: unknown): Promise<{ toJSON(): unknown }>
  get(options: unknown): Promise<{ toJSON(): unknown }>
}
declare const navigator: { readonly credentials: Credentials }
declare const PublicKeyCredential: {
  parseCreationOptionsFromJSON(json: unknown): unknown
  parseRequestOptionsFromJSON(json: unknown): unknown
}

/** What a page does to make a passkey, and then to sign in with it, by the API alone. */
async function inPage(): Promise<{ host: string; kind: string }> {
  const ask = async (path: string, body?: unknown) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const answer = await fetch(
      path,
      body === undefined ? { method: 'POST' } : { ...init, body: JSON.stringify(body) },
    )
    const reply = (await answer.json()) as never
    if (!answer.ok) throw new Error(JSON.stringify(reply))
    return reply
  }
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await ask('/api/passkeys/options'))
  const made = await navigator.credentials.create({ publicKey })
  const passkey: { host: string } = await ask('/api/passkeys', { name: 'browser', response: made.toJSON() })
  await fetch('/api/sign-out', { method: 'POST' })
  const wanted = PublicKeyCredential.parseRequestOptionsFromJSON(await ask('/api/sign-in/passkey/options'))
  const shown = await navigator.credentials.get({ publicKey: wanted })
  await ask('/api/sign-in/passkey/verify', { response: shown.toJSON() })
  const me = (await (await fetch('/api/me')).json()) as { by: string }
  return { host: passkey.host, kind: me.by }
}

describe.skipIf(executable === undefined)('a passkey of a browser', () => {
  let node: TestNode
  let browser: TestBrowser

  beforeAll(async () => {
    await prepareConsole()
    node = await startTestNode()
    browser = await openBrowser(node.url, desk)
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await node?.[Symbol.asyncDispose]()
  })

  test('is made and signs in, with nothing but what the browser gives', async () => {
    const { page, context } = browser
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    })
    const { person } = await node.ambit.people.me()
    await page.goto((await node.ambit.people.signInLink(person.id)).signInLink)
    await page.waitForURL('**/registry')
    expect(await page.evaluate(inPage)).toEqual({ host: 'localhost', kind: 'session' })
    expect(await node.ambit.passkeys.list()).toMatchObject([{ name: 'browser' }])
  })
})
