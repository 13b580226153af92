import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { init } from './migrations/001-init.ts'
import { createSignInReader, createSignInWriter } from './signin-store.ts'

async function openRoom(engine: StoreEngine) {
  const store = await engine.open()
  await store.migrate({ domain: 'signin', steps: [init] })
  return { reader: createSignInReader(store), writer: createSignInWriter(store), store }
}

function begun(state: string, expires_at: number, person = 'p_ada') {
  return { state, organization: 'main', person, sealed: Buffer.from(state), expires_at }
}

describe.each(storeEngines)('sign-ins on $name', (engine) => {
  test('one that was begun is taken once, however many try', async () => {
    const { reader, writer, store } = await openRoom(engine)
    await writer.begin(begun('a', 100), 0, 5)
    expect((await reader.begun('a'))?.person).toBe('p_ada')
    const taken = await Promise.all(Array.from({ length: 5 }, async () => await writer.take('a')))
    expect(taken.filter(Boolean).length).toBe(1)
    expect(await reader.begun('a')).toBeUndefined()
    await store[Symbol.asyncDispose]()
  })

  test('those past their time go, and the oldest of one person above the limit', async () => {
    const { reader, writer, store } = await openRoom(engine)
    await writer.begin(begun('late', 10), 0, 2)
    await writer.begin(begun('other', 90, 'p_bob'), 10, 2)
    expect(await reader.begun('late')).toBeUndefined()
    for (const [state, expires] of [
      ['first', 100],
      ['second', 101],
      ['third', 102],
    ] as const)
      await writer.begin(begun(state, expires), 10, 2)
    expect(await reader.begun('first')).toBeUndefined()
    expect(await reader.begun('second')).toBeDefined()
    expect(await reader.begun('third')).toBeDefined()
    expect(await reader.begun('other')).toBeDefined()
    await store[Symbol.asyncDispose]()
  })

  test('clients are kept for each issuer and address to come back to', async () => {
    const { reader, writer, store } = await openRoom(engine)
    const key = { organization: 'main', issuer: 'https://a.example', redirect: 'https://n.example/cb' }
    await writer.putClient(key, Buffer.from('1'))
    await writer.putClient(key, Buffer.from('2'))
    expect(Buffer.from((await reader.client(key))!).toString()).toBe('2')
    expect(await reader.client({ ...key, issuer: 'https://b.example' })).toBeUndefined()
    expect(await reader.client({ ...key, redirect: 'https://m.example/cb' })).toBeUndefined()
    await writer.removeClient(key)
    expect(await reader.client(key)).toBeUndefined()
    await store[Symbol.asyncDispose]()
  })

  test('what a server last asked for replaces what it asked for before', async () => {
    const { reader, writer, store } = await openRoom(engine)
    const row = {
      organization: 'main',
      person: '*',
      server: 'https://s.example/mcp',
      metadata: '',
      scope: 'a',
    }
    await writer.putWanted(row)
    await writer.putWanted({ ...row, scope: 'b' })
    expect(await reader.wanted(row)).toMatchObject({ scope: 'b' })
    expect(await reader.wanted({ ...row, person: 'p_ada' })).toBeUndefined()
    await store[Symbol.asyncDispose]()
  })
})
