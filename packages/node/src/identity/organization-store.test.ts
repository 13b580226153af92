import type { Leaf } from '@ambit/core/leaf'
import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { openIdentity } from './identity.ts'

async function openRoom(engine: StoreEngine) {
  const store = await engine.open()
  const clock = handClock()
  const entries: Leaf[] = []
  const leaves = { write: async (entry: string) => entries.push(JSON.parse(entry) as Leaf) }
  const keyring = createKeyring(clock.random(32), clock)
  const parts = { store, keyring, leaves, bus: createLocalBus(silentLog), clock, ids: createIds(clock) }
  const identity = await openIdentity(parts)
  const { person } = await identity.sessions.signIn((await identity.firstRunToken())!, 'cli')
  const rights = () => entries.filter((leaf) => leaf.kind === 'rights')
  return { store, clock, parts, rights, identity, by: person.id, ...identity }
}

const north = { id: 'north', name: 'North', owner: 'Ada' }

describe.each(storeEngines)('organisations on $name', (engine) => {
  test('one is added with its first owner, whose link signs in to it alone', async () => {
    const room = await openRoom(engine)
    const added = await room.organizations.add(north, room.by)
    const { person } = await room.sessions.signIn(added.token, 'cli')
    expect(person).toMatchObject({ organization: 'north', name: 'Ada', roles: ['owner'] })
    expect(await room.members.people('north')).toHaveLength(1)
    expect(await room.members.people('main')).toHaveLength(1)
    await expect(room.members.personOf('main', person.id)).rejects.toMatchObject({ code: 'input.not-found' })
    await expect(room.organizations.add(north, room.by)).rejects.toMatchObject({ code: 'input.conflict' })
    expect((await room.organizations.rename('north', 'Far North')).name).toBe('Far North')
    expect(await room.organizations.name('north')).toBe('Far North')
    await expect(room.organizations.rename('south', 'x')).rejects.toMatchObject({ code: 'input.not-found' })
    await room.store[Symbol.asyncDispose]()
  })

  test("the first owner's link of another organisation ends, and is none of the node's own", async () => {
    const room = await openRoom(engine)
    const added = await room.organizations.add(north, room.by)
    expect(await room.identity.firstRunToken()).toBeUndefined()
    room.clock.advance(15 * 60_000)
    await expect(room.sessions.signIn(added.token, 'cli')).rejects.toMatchObject({ code: 'auth.expired' })
    await room.store[Symbol.asyncDispose]()
  })

  test('closing one ends all access to it at once, on every replica, and opening it gives it back', async () => {
    const room = await openRoom(engine)
    const other = await openIdentity(room.parts)
    const added = await room.organizations.add(north, room.by)
    const { session, person } = await room.sessions.signIn(added.token, 'cli')
    const { token } = await room.members.createToken(person, 'ci', undefined)
    const link = await room.members.createLink('north', person.id, person.id)
    for (const credential of [session, token]) expect(await other.callerOf(credential)).toBeDefined()

    await room.organizations.close('north', room.by)
    for (const replica of [room.identity, other]) {
      expect(replica.isClosed('north')).toBe(true)
      expect(replica.isClosed('main')).toBe(false)
      for (const credential of [session, token]) expect(await replica.callerOf(credential)).toBeUndefined()
    }
    await expect(room.sessions.signIn(link.token, 'cli')).rejects.toMatchObject({ code: 'identity.closed' })
    const restarted = await openIdentity(room.parts)
    expect(restarted.isClosed('north')).toBe(true)

    await room.organizations.reopen('north', room.by)
    for (const replica of [room.identity, other, restarted]) {
      expect(replica.isClosed('north')).toBe(false)
      for (const credential of [session, token]) expect(await replica.callerOf(credential)).toBeDefined()
    }
    await room.sessions.signIn(link.token, 'cli')
    await room.store[Symbol.asyncDispose]()
  })

  test('the organisation that runs the node stays open', async () => {
    const room = await openRoom(engine)
    await expect(room.organizations.close('main', room.by)).rejects.toMatchObject({ code: 'input.conflict' })
    await expect(room.organizations.close('south', room.by)).rejects.toMatchObject({
      code: 'input.not-found',
    })
    await room.store[Symbol.asyncDispose]()
  })

  test('every change of rights is in the log, by ids alone', async () => {
    const room = await openRoom(engine)
    const { members, sessions, by } = room
    const added = await room.organizations.add(north, by)
    await room.organizations.close('north', by)
    await room.organizations.close('north', by)
    await room.organizations.reopen('north', by)
    const li = await members.addPerson('main', 'Li Na', ['operator'], by)
    await members.changePerson('main', li.id, { name: 'Li' }, by)
    await members.changePerson('main', li.id, { roles: ['approver', 'auditor'] }, by)
    const { session } = await sessions.signIn((await members.createLink('main', li.id, by)).token, 'cli')
    const { id } = await members.createToken(li, 'a program', undefined)
    await members.revokeToken(li, id, by)
    const caller = await room.identity.callerOf(session)
    await sessions.end(caller!.credential!, { person: li, by })
    await members.changePerson('main', li.id, { roles: [] }, by)
    const of = (person: string) => ({ organization: 'main', person, by })
    expect(room.rights().map(({ v: _v, kind: _kind, at: _at, ...leaf }) => leaf)).toEqual([
      { ...of(by), what: 'signed-in', credential: expect.any(String) as string },
      { organization: 'north', person: added.owner.id, by, what: 'organization-added', roles: ['owner'] },
      { organization: 'north', person: by, by, what: 'organization-closed' },
      { organization: 'north', person: by, by, what: 'organization-opened' },
      { ...of(li.id), what: 'person-added', roles: ['operator'] },
      { ...of(li.id), what: 'roles-changed', roles: ['approver', 'auditor'] },
      { ...of(li.id), what: 'link-made' },
      { ...of(li.id), by: li.id, what: 'signed-in', credential: caller!.credential },
      { ...of(li.id), by: li.id, what: 'token-made', credential: id },
      { ...of(li.id), what: 'token-ended', credential: id },
      { ...of(li.id), what: 'session-ended', credential: caller!.credential },
      { ...of(li.id), what: 'roles-changed', roles: [] },
    ])
    expect(JSON.stringify(room.rights())).not.toMatch(/Li|Ada|North|program|amb[slat]_/)
    await room.store[Symbol.asyncDispose]()
  })

  test('gives no right that the log does not have, and takes one all the same', async () => {
    const room = await openRoom(engine)
    const { by } = room
    const li = await room.members.addPerson('main', 'Li', ['operator', 'auditor'], by)
    const failing = await openIdentity({
      ...room.parts,
      leaves: { write: async () => await Promise.reject(new Error('full')) },
    })
    const change = async (roles: readonly ('operator' | 'owner')[]) =>
      await failing.members.changePerson('main', li.id, { roles }, by)
    await expect(change(['owner'])).rejects.toThrow('full')
    expect((await room.identity.person(li.id))?.roles).toEqual(['operator', 'auditor'])
    await expect(change(['operator'])).rejects.toThrow('full')
    expect((await room.identity.person(li.id))?.roles).toEqual(['operator'])
    await room.store[Symbol.asyncDispose]()
  })

  test('lists where a person is signed in, and ends one or all others at once on every replica', async () => {
    const room = await openRoom(engine)
    const other = await openIdentity(room.parts)
    const { members, sessions, by } = room
    const person = await members.personOf('main', by)
    const made: { session: string; id: string }[] = []
    for (let count = 0; count < 3; count++) {
      room.clock.advance(1000)
      const { session } = await sessions.signIn((await members.createLink('main', by, by)).token, 'cli')
      made.push({ session, id: (await other.callerOf(session))!.credential! })
    }
    const listed = await sessions.list(by)
    expect(listed.map(({ id }) => id).slice(0, 3)).toEqual(made.map(({ id }) => id).toReversed())
    expect(JSON.stringify(listed)).not.toContain('ambs_')

    await sessions.end(made[0]!.id, { person, by })
    expect(await other.callerOf(made[0]!.session)).toBeUndefined()
    await expect(sessions.end(made[0]!.id, { person, by })).rejects.toMatchObject({ code: 'input.not-found' })
    expect(await sessions.endOthers(made[2]!.id, { person, by })).toBe(2)
    expect(await other.callerOf(made[1]!.session)).toBeUndefined()
    expect(await other.callerOf(made[2]!.session)).toBeDefined()

    const li = await members.addPerson('main', 'Li', ['owner'], by)
    await expect(sessions.end(made[2]!.id, { person: li, by: li.id })).rejects.toMatchObject({
      code: 'input.not-found',
    })
    room.clock.advance(12 * 60 * 60_000)
    expect(await sessions.list(by)).toEqual([])
    await room.store[Symbol.asyncDispose]()
  })
})
