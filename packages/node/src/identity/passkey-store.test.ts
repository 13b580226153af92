import type { Leaf } from '@ambit/core/leaf'
import { signatureHolds } from '@ambit/core/signature'
import { sha256 } from '@ambit/core/digest'
import { canonicalJson } from '@ambit/core/canonical'
import { utf8 } from '@ambit/core/bytes'
import { testAuthenticator } from '@ambit/testkit/authenticator'
import type { Ceremony } from '@ambit/testkit/authenticator'
import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { openIdentity } from './identity.ts'

const address = 'http://localhost:7100'
const minuteMs = 60_000
const statement = { approve: 'the card', amount: 4200 }

async function openRoom(engine: StoreEngine) {
  const store = await engine.open()
  const clock = handClock()
  const entries: Leaf[] = []
  const leaves = { write: async (entry: string) => entries.push(JSON.parse(entry) as Leaf) }
  const keyring = createKeyring(clock.random(32), clock)
  const parts = { store, keyring, leaves, bus: createLocalBus(silentLog), clock, ids: createIds(clock) }
  const identity = await openIdentity(parts)
  const { person, session } = await identity.sessions.signIn((await identity.firstRunToken())!, 'console')
  const caller = (await identity.callerOf(session))!
  const adding = { person, session: caller.credential, address }
  return { store, clock, entries, identity, person, adding, passkeys: identity.passkeys, parts }
}

/** A room whose owner has a passkey. */
async function openWithPasskey(engine: StoreEngine, authenticator = testAuthenticator()) {
  const room = await openRoom(engine)
  const options = await room.passkeys.addOptions(room.adding)
  const passkey = await room.passkeys.add(
    room.adding,
    'desk',
    authenticator.create(options, { origin: address }),
  )
  const challenge = await sha256(utf8(canonicalJson(statement)))
  const answer = async (ceremony: Partial<Ceremony> = {}) =>
    authenticator.get(await room.passkeys.options(room.person.id, challenge, address), {
      origin: address,
      ...ceremony,
    })
  const verify = async (response: unknown) =>
    await room.passkeys.verify(room.person.id, challenge, address, response)
  return { ...room, passkey, authenticator, challenge, answer, verify }
}

describe.each(storeEngines)('passkeys on $name', (engine) => {
  test('one is added, listed, renamed, used and removed, and each change of rights is in the log', async () => {
    const room = await openWithPasskey(engine)
    const { passkeys, person, passkey } = room
    expect(await passkeys.has(person.id)).toBe(true)
    await passkeys.rename(person, passkey.id, 'desk, left')
    const { credential, envelope } = await room.verify(await room.answer())
    expect(credential).toBe(passkey.id)
    expect(await signatureHolds({ body: statement, signature: envelope })).toBe(true)
    expect(await signatureHolds({ body: { ...statement, amount: 1 }, signature: envelope })).toBe(false)
    expect(await passkeys.list(person.id)).toMatchObject([
      { id: passkey.id, name: 'desk, left', rpId: 'localhost', counter: 2, usedAt: room.clock.now() },
    ])
    expect(await passkeys.remove(person, passkey.id)).toBe(0)
    expect(await passkeys.has(person.id)).toBe(false)
    const rights = room.entries.filter((leaf) => leaf.kind === 'rights')
    expect(rights.map(({ what, credential = '' }) => [what, credential.split('_')[0]])).toEqual([
      ['signed-in', 's'],
      ['passkey-added', 'pk'],
      ['passkey-removed', 'pk'],
    ])
    expect(JSON.stringify(rights)).not.toContain('Owner')
    await room.store[Symbol.asyncDispose]()
  })

  test('an Ed25519 passkey and one that does not count work alike', async () => {
    for (const authenticator of [testAuthenticator('eddsa'), testAuthenticator('es256', false)]) {
      const room = await openWithPasskey(engine, authenticator)
      for (let use = 0; use < 2; use++) {
        const { envelope } = await room.verify(await room.answer())
        expect(await signatureHolds({ body: statement, signature: envelope })).toBe(true)
      }
      await room.store[Symbol.asyncDispose]()
    }
  })

  test('refuses what a passkey did not say, each with its own code', async () => {
    const room = await openWithPasskey(engine)
    const cases: [Partial<Ceremony>, string][] = [
      [{ challenge: 'AAAA' }, 'passkey.challenge'],
      [{ origin: 'http://localhost:7101' }, 'passkey.origin'],
      [{ origin: 'https://evil.example' }, 'passkey.origin'],
      [{ rpId: 'evil.example' }, 'passkey.not-verified'],
      [{ verified: false }, 'passkey.not-verified'],
      [{ present: false }, 'passkey.not-verified'],
      [{ type: 'webauthn.create' }, 'passkey.not-verified'],
      [{ crossOrigin: true }, 'passkey.not-verified'],
      [{ otherKey: true }, 'passkey.not-verified'],
    ]
    for (const [ceremony, code] of cases)
      await expect(room.verify(await room.answer(ceremony)), code).rejects.toMatchObject({ code })
    for (const response of [
      undefined,
      null,
      7,
      {},
      { id: '\u0000' },
      { ...((await room.answer()) as object), response: {} },
    ])
      await expect(room.verify(response)).rejects.toMatchObject({ code: 'passkey.not-verified' })
    const stranger = testAuthenticator().get({ challenge: 'AAAA', rpId: 'localhost' }, { origin: address })
    await expect(room.verify(stranger)).rejects.toMatchObject({ code: 'passkey.unknown' })
    await room.verify(await room.answer())
    await room.store[Symbol.asyncDispose]()
  })

  test('refuses a passkey that counts backwards or stands still, and takes one of two answers at once', async () => {
    const room = await openWithPasskey(engine)
    const once = await room.answer({ counter: 9 })
    const both = await Promise.allSettled([room.verify(once), room.verify(once)])
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const counter of [9, 8, 0])
      await expect(room.verify(await room.answer({ counter }))).rejects.toMatchObject({
        code: 'passkey.counter',
      })
    await room.verify(await room.answer({ counter: 10 }))
    await room.store[Symbol.asyncDispose]()
  })

  test('no person speaks with the passkey of another, nor at another address', async () => {
    const room = await openWithPasskey(engine)
    const li = await room.identity.members.addPerson('main', 'Li', ['approver'], room.person.id)
    const response = await room.answer()
    const { passkeys, challenge } = room
    await expect(passkeys.verify(li.id, challenge, address, response)).rejects.toMatchObject({
      code: 'passkey.unknown',
    })
    await expect(passkeys.options(li.id, challenge, address)).rejects.toMatchObject({
      code: 'passkey.unknown',
    })
    await expect(passkeys.options(room.person.id, challenge, 'https://node.example')).rejects.toMatchObject({
      code: 'passkey.unknown',
    })
    for (const odd of ['http://node.example:7100', 'http://127.0.0.1:7100', 'https://[::1]:7100'])
      await expect(passkeys.options(room.person.id, challenge, odd), odd).rejects.toMatchObject({
        code: 'passkey.origin',
      })
    await expect(passkeys.remove(li, room.passkey.id)).rejects.toMatchObject({ code: 'passkey.unknown' })
    await expect(passkeys.rename(li, room.passkey.id, 'mine')).rejects.toMatchObject({
      code: 'passkey.unknown',
    })
    await room.store[Symbol.asyncDispose]()
  })

  test('a question is answered once, within five minutes, and by whom it was put to', async () => {
    const room = await openRoom(engine)
    const { passkeys, adding, clock } = room
    const first = testAuthenticator().create(await passkeys.addOptions(adding), { origin: address })
    await passkeys.add(adding, 'one', first)
    await expect(passkeys.add(adding, 'again', first)).rejects.toMatchObject({ code: 'passkey.challenge' })

    const late = testAuthenticator().create(await passkeys.addOptions(adding), { origin: address })
    clock.advance(5 * minuteMs)
    await expect(passkeys.add(adding, 'late', late)).rejects.toMatchObject({ code: 'passkey.challenge' })

    const forSignIn = testAuthenticator().create(
      { ...(await passkeys.signInOptions(address)), rp: { id: 'localhost' } },
      { origin: address },
    )
    await expect(passkeys.add(adding, 'other', forSignIn)).rejects.toMatchObject({
      code: 'passkey.challenge',
    })
    const own = testAuthenticator().create(
      { challenge: 'A'.repeat(72), rp: { id: 'localhost' } },
      { origin: address },
    )
    await expect(passkeys.add(adding, 'own', own)).rejects.toMatchObject({ code: 'passkey.challenge' })
    await room.store[Symbol.asyncDispose]()
  })

  test('adds none without a finger, a face or a PIN, and none for another page', async () => {
    const room = await openRoom(engine)
    const { passkeys, adding } = room
    const cases: [Partial<Ceremony>, string][] = [
      [{ verified: false }, 'passkey.not-verified'],
      [{ present: false }, 'passkey.not-verified'],
      [{ rpId: 'evil.example' }, 'passkey.not-verified'],
      [{ type: 'webauthn.get' }, 'passkey.not-verified'],
      [{ origin: 'https://evil.example' }, 'passkey.origin'],
    ]
    for (const [ceremony, code] of cases) {
      const options = await passkeys.addOptions(adding)
      const response = testAuthenticator().create(options, { origin: address, ...ceremony })
      await expect(passkeys.add(adding, 'x', response), code).rejects.toMatchObject({ code })
    }
    expect(await passkeys.has(room.person.id)).toBe(false)
    await room.store[Symbol.asyncDispose]()
  })

  test('a session that was found open later adds none', async () => {
    const room = await openRoom(engine)
    room.clock.advance(10 * minuteMs)
    const old = { code: 'passkey.old-session' }
    await expect(room.passkeys.addOptions(room.adding)).rejects.toMatchObject(old)
    await expect(room.passkeys.add(room.adding, 'x', {})).rejects.toMatchObject(old)
    const none = { ...room.adding, session: undefined }
    await expect(room.passkeys.addOptions(none)).rejects.toMatchObject(old)
    await room.store[Symbol.asyncDispose]()
  })

  test('signs in whom it belongs to, once for each question, also on another replica', async () => {
    const room = await openWithPasskey(engine)
    const other = await openIdentity(room.parts)
    const options = await room.passkeys.signInOptions(address)
    const response = room.authenticator.get(options, { origin: address })
    const { session, person } = await other.passkeys.signIn(address, response, 'cli')
    expect(person.id).toBe(room.person.id)
    expect(await room.identity.callerOf(session)).toMatchObject({ person: person.id, by: 'session' })
    for (const identity of [room.identity, other])
      await expect(identity.passkeys.signIn(address, response, 'cli')).rejects.toMatchObject({
        code: 'passkey.challenge',
      })
    const signed = await room.answer()
    await expect(room.passkeys.signIn(address, signed, 'cli')).rejects.toMatchObject({
      code: 'passkey.challenge',
    })
    await room.store[Symbol.asyncDispose]()
  })

  test('whoever has no role any more is not signed in by a passkey either', async () => {
    const room = await openRoom(engine)
    const { members, sessions, passkeys } = room.identity
    const li = await members.addPerson('main', 'Li', ['approver'], room.person.id)
    const link = await members.createLink('main', li.id, room.person.id)
    const { session } = await sessions.signIn(link.token, 'cli')
    const adding = { person: li, session: (await room.identity.callerOf(session))?.credential, address }
    const authenticator = testAuthenticator()
    await passkeys.add(
      adding,
      'x',
      authenticator.create(await passkeys.addOptions(adding), { origin: address }),
    )
    await members.changePerson('main', li.id, { roles: [] }, room.person.id)
    const response = authenticator.get(await passkeys.signInOptions(address), { origin: address })
    await expect(passkeys.signIn(address, response, 'cli')).rejects.toMatchObject({ code: 'auth.role' })
    await room.store[Symbol.asyncDispose]()
  })

  test('one that the log does not have is not kept', async () => {
    const room = await openRoom(engine)
    const failing = await openIdentity({
      ...room.parts,
      leaves: { write: async () => await Promise.reject(new Error('full')) },
    })
    const response = testAuthenticator().create(await failing.passkeys.addOptions(room.adding), {
      origin: address,
    })
    await expect(failing.passkeys.add(room.adding, 'x', response)).rejects.toThrow('full')
    expect(await room.passkeys.has(room.person.id)).toBe(false)
    await room.store[Symbol.asyncDispose]()
  })
})
