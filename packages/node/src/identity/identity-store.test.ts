import type { Leaf } from '@ambit/core/leaf'
import { signatureHolds, sign } from '@ambit/core/signature'
import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { defaultOrganization, openIdentity } from './identity.ts'

/** Who does it is of no weight here. */
const by = 'p_owner'
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

async function openRoom(engine: StoreEngine) {
  const store = await engine.open()
  const clock = handClock()
  const keyring = createKeyring(clock.random(32), clock)
  const bus = createLocalBus(silentLog)
  const entries: Leaf[] = []
  const leaves = { write: async (entry: string) => entries.push(JSON.parse(entry) as Leaf) }
  const parts = { store, keyring, leaves, bus, clock, ids: createIds(clock) }
  const identity = await openIdentity(parts)
  return { parts, clock, store, entries, identity, members: identity.members }
}

async function signedInOwner(room: Awaited<ReturnType<typeof openRoom>>) {
  const link = await room.identity.firstRunToken()
  return await room.identity.sessions.signIn(link!, 'cli')
}

describe.each(storeEngines)('identity on $name', (engine) => {
  test('makes one organisation and one owner, whose link is the same until it is used', async () => {
    const room = await openRoom(engine)
    const first = await room.identity.firstRunToken()
    expect(first).toMatch(/^ambl_[A-Za-z0-9_-]{43}$/)
    const again = await openIdentity(room.parts)
    expect(await again.firstRunToken()).toBe(first)
    room.clock.advance(400 * dayMs)
    const { person } = await room.identity.sessions.signIn(first!, 'console')
    expect(person).toMatchObject({ organization: defaultOrganization, roles: ['owner'] })
    expect(await again.firstRunToken()).toBeUndefined()
    expect(await room.members.people(defaultOrganization)).toHaveLength(1)
    await room.store[Symbol.asyncDispose]()
  })

  test('gives the same node key at every start and signs with it', async () => {
    const room = await openRoom(engine)
    const again = await openIdentity(room.parts)
    expect(again.nodeSigner.key).toBe(room.identity.nodeSigner.key)
    expect(await signatureHolds(await sign({ a: 1 }, again.nodeSigner))).toBe(true)
    await room.store[Symbol.asyncDispose]()
  })

  test('a link opens one session only, also when it is used twice at the same moment', async () => {
    const room = await openRoom(engine)
    const link = (await room.identity.firstRunToken())!
    const uses = await Promise.allSettled(
      Array.from({ length: 8 }, async () => await room.identity.sessions.signIn(link, 'cli')),
    )
    expect(uses.filter((use) => use.status === 'fulfilled')).toHaveLength(1)
    await expect(room.identity.sessions.signIn(link, 'cli')).rejects.toMatchObject({ code: 'auth.expired' })
    await room.store[Symbol.asyncDispose]()
  })

  test('a link made for a person ends after fifteen minutes, and when a newer one is made', async () => {
    const room = await openRoom(engine)
    const { person } = await signedInOwner(room)
    const older = await room.members.createLink(defaultOrganization, person.id, by)
    const newer = await room.members.createLink(defaultOrganization, person.id, by)
    await expect(room.identity.sessions.signIn(older.token, 'cli')).rejects.toMatchObject({
      code: 'auth.expired',
    })
    room.clock.advance(15 * minuteMs)
    await expect(room.identity.sessions.signIn(newer.token, 'cli')).rejects.toMatchObject({
      code: 'auth.expired',
    })
    await room.store[Symbol.asyncDispose]()
  })

  test('a session ends when it is idle for twelve hours, and after thirty days in any case', async () => {
    const room = await openRoom(engine)
    const { session, person } = await signedInOwner(room)
    expect(await room.identity.callerOf(session)).toMatchObject({ person: person.id, by: 'session' })
    for (let hour = 0; hour < 24; hour += 6) {
      room.clock.advance(6 * hourMs)
      expect(await room.identity.callerOf(session)).toBeDefined()
    }
    room.clock.advance(12 * hourMs)
    expect(await room.identity.callerOf(session)).toBeUndefined()

    const link = await room.members.createLink(defaultOrganization, person.id, by)
    const second = await room.identity.sessions.signIn(link.token, 'cli')
    for (let hour = 0; hour < 30 * 24 - 6; hour += 6) {
      room.clock.advance(6 * hourMs)
      expect(await room.identity.callerOf(second.session)).toBeDefined()
    }
    room.clock.advance(6 * hourMs)
    expect(await room.identity.callerOf(second.session)).toBeUndefined()
    await room.store[Symbol.asyncDispose]()
  })

  test('signing out ends the session at once, for another node on the same bus too', async () => {
    const room = await openRoom(engine)
    const other = await openIdentity(room.parts)
    const { session, person } = await signedInOwner(room)
    const caller = await other.callerOf(session)
    await room.identity.sessions.end(caller!.credential!, { person, by })
    expect(await room.identity.callerOf(session)).toBeUndefined()
    expect(await other.callerOf(session)).toBeUndefined()
    await room.store[Symbol.asyncDispose]()
  })

  test('a token works until it is revoked or past its end, and is listed without its secret', async () => {
    const room = await openRoom(engine)
    const { person } = await signedInOwner(room)
    const made = await room.members.createToken(person, 'ci', dayMs)
    expect(await room.identity.callerOf(made.token)).toMatchObject({ by: 'token', credential: made.id })
    expect(JSON.stringify(await room.members.tokens(person.id))).not.toContain(made.token)
    await room.members.revokeToken(person, made.id, by)
    expect(await room.identity.callerOf(made.token)).toBeUndefined()
    await expect(room.members.revokeToken(person, made.id, by)).rejects.toMatchObject({
      code: 'input.not-found',
    })

    const short = await room.members.createToken(person, 'short', dayMs)
    room.clock.advance(dayMs)
    expect(await room.identity.callerOf(short.token)).toBeUndefined()
    await room.store[Symbol.asyncDispose]()
  })

  test('nobody revokes the token of another person', async () => {
    const room = await openRoom(engine)
    const { person } = await signedInOwner(room)
    const other = await room.members.addPerson(defaultOrganization, 'Li', ['operator'], by)
    const made = await room.members.createToken(person, 'ci', undefined)
    await expect(room.members.revokeToken(other, made.id, by)).rejects.toMatchObject({
      code: 'input.not-found',
    })
    expect(await room.identity.callerOf(made.token)).toBeDefined()
    await room.store[Symbol.asyncDispose]()
  })

  test('a role that is taken away is gone from the next request, and no role ends everything', async () => {
    const room = await openRoom(engine)
    await signedInOwner(room)
    const li = await room.members.addPerson(defaultOrganization, 'Li', ['operator', 'approver'], by)
    const link = await room.members.createLink(defaultOrganization, li.id, by)
    const { session } = await room.identity.sessions.signIn(link.token, 'console')
    const made = await room.members.createToken(li, 'ci', undefined)
    expect((await room.identity.callerOf(session))?.roles).toEqual(['approver', 'operator'])
    await room.members.changePerson(defaultOrganization, li.id, { roles: ['auditor'] }, by)
    expect((await room.identity.callerOf(session))?.roles).toEqual(['auditor'])
    await room.members.changePerson(defaultOrganization, li.id, { roles: [] }, by)
    expect(await room.identity.callerOf(session)).toBeUndefined()
    await room.members.changePerson(defaultOrganization, li.id, { roles: ['operator'] }, by)
    expect(await room.identity.callerOf(session)).toBeUndefined()
    expect(await room.identity.callerOf(made.token)).toBeUndefined()
    await room.store[Symbol.asyncDispose]()
  })

  test('keeps one owner, also when two owners demote each other at the same moment', async () => {
    const room = await openRoom(engine)
    const { person } = await signedInOwner(room)
    const li = await room.members.addPerson(defaultOrganization, 'Li', ['owner'], by)
    const changes = await Promise.allSettled(
      [person.id, li.id].map(
        async (id) => await room.members.changePerson(defaultOrganization, id, { roles: ['auditor'] }, by),
      ),
    )
    expect(changes.filter((change) => change.status === 'fulfilled')).toHaveLength(1)
    const refused = changes.find((change) => change.status === 'rejected')
    expect(refused?.reason).toMatchObject({ code: 'identity.last-owner' })
    await room.store[Symbol.asyncDispose]()
  })

  test('knows people of its own organisation only', async () => {
    const room = await openRoom(engine)
    const { person } = await signedInOwner(room)
    await expect(room.members.createLink('other', person.id, by)).rejects.toMatchObject({
      code: 'input.not-found',
    })
    await expect(room.members.changePerson('other', person.id, {}, by)).rejects.toMatchObject({
      code: 'input.not-found',
    })
    await room.store[Symbol.asyncDispose]()
  })

  test('keeps keys of people and holders across starts, sealed and each its own', async () => {
    const room = await openRoom(engine)
    const { person } = await signedInOwner(room)
    const signers = await Promise.all(
      Array.from({ length: 4 }, async () => await room.identity.personSigner(person.id)),
    )
    expect(new Set(signers.map((signer) => signer.key)).size).toBe(1)
    const holder = await room.identity.createHolderKey(defaultOrganization)
    const again = await openIdentity(room.parts)
    expect((await again.personSigner(person.id)).key).toBe(signers[0]!.key)
    const signer = await again.holderSigner(holder)
    expect(signer?.key).toBe(holder)
    expect(await signatureHolds(await sign({ b: 2 }, signer!))).toBe(true)
    expect(await again.holderSigner(signers[0]!.key)).toBeUndefined()
    await expect(again.personSigner('p_nobody')).rejects.toMatchObject({ code: 'input.not-found' })

    const other = { ...room.parts, keyring: createKeyring(room.clock.random(32), room.clock) }
    await expect(openIdentity(other)).rejects.toMatchObject({ code: 'internal' })
    await room.store[Symbol.asyncDispose]()
  })

  test('keeps one secret for each person and half-year', async () => {
    const room = await openRoom(engine)
    const { person } = await signedInOwner(room)
    const [left, right] = await Promise.all([
      room.identity.subjectKeys(person.id),
      room.identity.subjectKeys(person.id),
    ])
    expect(left.content).toHaveLength(32)
    expect(left).toBe(right)
    const again = await (await openIdentity(room.parts)).subjectKeys(person.id)
    expect([again.salt, again.content, again.tag]).toEqual([left.salt, left.content, left.tag])
    expect(left.salt.equals(left.content)).toBe(false)
    const li = await room.members.addPerson(defaultOrganization, 'Li', ['owner'], by)
    expect((await room.identity.subjectKeys(li.id)).content.equals(left.content)).toBe(false)
    // The half-year turns.
    room.clock.advance(184 * dayMs)
    const turned = await room.identity.subjectKeys(person.id)
    expect(room.clock.now()).toBeGreaterThanOrEqual(left.until)
    expect(turned.period).not.toBe(left.period)
    expect(turned.content.equals(left.content)).toBe(false)
    expect(await room.identity.subjects.of(person.id, left.period)).toBe(left)
    expect(await room.identity.subjects.periods(person.id)).toEqual([left.period, turned.period])
    await room.store[Symbol.asyncDispose]()
  })

  test('bounds the sessions and tokens of one person', async () => {
    const room = await openRoom(engine)
    const { person, session } = await signedInOwner(room)
    for (let count = 0; count < 50; count++) {
      room.clock.advance(1)
      const link = await room.members.createLink(defaultOrganization, person.id, by)
      await room.identity.sessions.signIn(link.token, 'cli')
    }
    expect(await (await openIdentity(room.parts)).callerOf(session)).toBeUndefined()
    for (let count = 0; count < 100; count++) await room.members.createToken(person, 'x', undefined)
    await expect(room.members.createToken(person, 'x', undefined)).rejects.toMatchObject({
      code: 'identity.too-many',
    })
    await room.store[Symbol.asyncDispose]()
  })
})

test('asks the store nothing about what has not the form of a credential', async () => {
  const room = await openRoom(storeEngines[0]!)
  await room.store[Symbol.asyncDispose]()
  const hostile = ['', 'ambs_', `ambs_${'a'.repeat(1_000_000)}`, `ambl_${'a'.repeat(43)}`, "ambs_' or 1=1 --"]
  for (const credential of hostile) expect(await room.identity.callerOf(credential)).toBeUndefined()
})
