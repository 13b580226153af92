import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { everyone, openVault } from './vault.ts'

async function openRoom(engine: StoreEngine) {
  const store = await engine.open()
  const clock = handClock()
  const parts = {
    store,
    clock,
    bus: createLocalBus(silentLog),
    keyring: createKeyring(clock.random(32), clock),
  }
  return { parts, store, vault: await openVault(parts) }
}

const entry = {
  organization: 'main',
  person: 'p_1',
  record: 'r',
  name: 'authorization',
  value: 'Bearer s3cret',
}

describe.each(storeEngines)('the vault on $name', (engine) => {
  test('gives a person their own value, else the one for everyone, and never that of another', async () => {
    const { vault, store } = await openRoom(engine)
    await vault.put({ ...entry, person: everyone, value: 'shared' })
    await vault.put({ ...entry, person: 'p_2', value: 'theirs' })
    expect(await vault.get('main', 'p_1', 'r', 'authorization')).toBe('shared')
    await vault.put(entry)
    expect(await vault.get('main', 'p_1', 'r', 'authorization')).toBe('Bearer s3cret')
    await vault.remove('main', 'p_1', 'r', 'authorization')
    expect(await vault.get('main', 'p_1', 'r', 'authorization')).toBe('shared')
    expect(await vault.get('other', 'p_1', 'r', 'authorization')).toBeUndefined()
    expect(await vault.get('main', 'p_1', 'r2', 'authorization')).toBeUndefined()
    await store[Symbol.asyncDispose]()
  })

  test('peeks without the store, and sees a change made by another node on the bus', async () => {
    const { vault, store, parts } = await openRoom(engine)
    expect(vault.peek('main', 'p_1', 'r', 'authorization')).toBeUndefined()
    await vault.get('main', 'p_1', 'r', 'authorization')
    expect(vault.peek('main', 'p_1', 'r', 'authorization')).toBeNull()
    const other = await openVault(parts)
    await other.put({ ...entry, person: everyone })
    expect(vault.peek('main', 'p_1', 'r', 'authorization')).toBeUndefined()
    await vault.get('main', 'p_1', 'r', 'authorization')
    expect(vault.peek('main', 'p_1', 'r', 'authorization')).toBe('Bearer s3cret')
    await store[Symbol.asyncDispose]()
  })

  test('lists names only', async () => {
    const { vault, store } = await openRoom(engine)
    await vault.put(entry)
    await vault.put({ ...entry, name: 'a' })
    expect(await vault.names('main', 'p_1', 'r')).toEqual(['a', 'authorization'])
    await store[Symbol.asyncDispose]()
  })

  test('keeps values sealed, each bound to its row', async () => {
    const { vault, store, parts } = await openRoom(engine)
    await vault.put(entry)
    await vault.put({ ...entry, person: 'p_2', value: 'other' })
    const db = store.tables<{ vault_entry: { person: string; sealed: Uint8Array } }>()
    const rows = await db.selectFrom('vault_entry').selectAll().execute()
    for (const row of rows) expect(Buffer.from(row.sealed).includes('s3cret')).toBe(false)
    await sql`update vault_entry set sealed = (select v.sealed from vault_entry v where v.person = 'p_1') where person = 'p_2'`.execute(
      db,
    )
    const fresh = await openVault(parts)
    await expect(fresh.get('main', 'p_2', 'r', 'authorization')).rejects.toMatchObject({ code: 'internal' })
    await store[Symbol.asyncDispose]()
  })

  test('refuses names and values beyond their limits without repeating the value', async () => {
    const { vault, store } = await openRoom(engine)
    await expect(vault.put({ ...entry, name: '' })).rejects.toMatchObject({ code: 'input.invalid' })
    const refused = await vault.put({ ...entry, value: 's'.repeat(40_000) }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'input.too-large' })
    expect(String(refused)).not.toContain('sss')
    await store[Symbol.asyncDispose]()
  })
})
