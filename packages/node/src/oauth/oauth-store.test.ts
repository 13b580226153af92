import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { init } from './migrations/001-init.ts'
import { createOAuthReader, createOAuthWriter } from './oauth-store.ts'
import type { EntryRow } from './oauth-store.ts'

async function openRoom(engine: StoreEngine) {
  const store = await engine.open()
  await store.migrate({ domain: 'oauth', steps: [init] })
  return { ...createOAuthReader(store), ...createOAuthWriter(store), store }
}

function entry(kind: string, id: string, members: Partial<EntryRow> = {}): EntryRow {
  return {
    kind,
    id,
    sealed: Buffer.from(id),
    connection: null,
    mandate_token: null,
    expires_at: 100,
    consumed_at: null,
    used: 0,
    ...members,
  }
}

describe.each(storeEngines)('what the authorization server keeps on $name', (engine) => {
  test('a code is consumed once, however many try', async () => {
    const room = await openRoom(engine)
    await room.put(entry('AuthorizationCode', 'a'))
    const taken = await Promise.all(
      Array.from({ length: 5 }, async (_, at) => await room.consume('AuthorizationCode', 'a', at + 1)),
    )
    expect(taken.filter(Boolean).length).toBe(1)
    expect((await room.entry('AuthorizationCode', 'a'))?.consumed_at).toBeGreaterThan(0)
    expect(await room.entry('RefreshToken', 'a')).toBeUndefined()
    await room.store[Symbol.asyncDispose]()
  })

  test('a proof is added once', async () => {
    const room = await openRoom(engine)
    const added = await Promise.all(
      Array.from({ length: 5 }, async () => await room.add(entry('ReplayDetection', 'p'))),
    )
    expect(added.filter(Boolean).length).toBe(1)
    await room.store[Symbol.asyncDispose]()
  })

  test('of clients that nobody let in, the oldest go; one that was let in stays', async () => {
    const room = await openRoom(engine)
    await room.addClient(entry('Client', 'kept', { expires_at: 1 }), 3)
    await room.keepClient('kept', 500)
    for (const [id, expires_at] of [
      ['first', 10],
      ['second', 11],
      ['third', 12],
      ['fourth', 13],
    ] as const)
      await room.addClient(entry('Client', id, { expires_at }), 3)
    expect(await room.entry('Client', 'first')).toBeUndefined()
    for (const id of ['second', 'third', 'fourth']) expect(await room.entry('Client', id)).toBeDefined()
    expect(await room.entry('Client', 'kept')).toMatchObject({ used: 1, expires_at: 500 })
    await room.keepClient('kept', 400)
    expect((await room.entry('Client', 'kept'))?.expires_at).toBe(500)
    await room.store[Symbol.asyncDispose]()
  })

  test('a request belongs to the first person who looks, and is decided once', async () => {
    const room = await openRoom(engine)
    const claims = await Promise.all(
      ['ada', 'bob', 'ada', 'bob'].map(async (person) => await room.claim('r', person, 100)),
    )
    expect(claims.filter(Boolean).length).toBe(2)
    const owner = claims[0] === true ? 'ada' : 'bob'
    expect(await room.decide('r', owner === 'ada' ? 'bob' : 'ada')).toBe(false)
    const decided = await Promise.all(Array.from({ length: 4 }, async () => await room.decide('r', owner)))
    expect(decided.filter(Boolean).length).toBe(1)
    await room.undecide('r')
    expect(await room.decide('r', owner)).toBe(true)
    await room.store[Symbol.asyncDispose]()
  })

  test('what is over is forgotten, and its mandate tokens are named', async () => {
    const room = await openRoom(engine)
    await room.put(entry('AccessToken', 'old', { connection: 'c', mandate_token: 'mt_1', expires_at: 50 }))
    await room.put(entry('AccessToken', 'new', { connection: 'c', mandate_token: 'mt_2', expires_at: 90 }))
    await room.put(entry('RefreshToken', 'r', { connection: 'c', expires_at: 90 }))
    await room.addConnection({
      id: 'c',
      organization: 'main',
      person: 'ada',
      mandate: 'm_1',
      client: 'x',
      client_name: 'X',
      redirect_host: 'localhost',
      created: 1,
      expires_at: 200,
      ended: null,
    })
    expect([...(await room.mandateTokens('c'))].toSorted()).toEqual(['mt_1', 'mt_2'])
    expect(await room.sweep(60)).toEqual(['mt_1'])
    expect(await room.mandateTokens('c')).toEqual(['mt_2'])
    expect(await room.connections('ada', 60, 10)).toHaveLength(1)
    expect(await room.connections('bob', 60, 10)).toHaveLength(0)
    await room.removeOf('RefreshToken', 'c')
    expect(await room.entry('RefreshToken', 'r')).toBeUndefined()
    expect(await room.entry('AccessToken', 'new')).toBeDefined()
    expect(await room.endConnection('c', 70)).toBe(true)
    expect(await room.endConnection('c', 71)).toBe(false)
    expect(await room.connections('ada', 60, 10)).toHaveLength(0)
    await room.store[Symbol.asyncDispose]()
  })
})
