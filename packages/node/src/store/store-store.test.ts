import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Migrations } from './store.ts'

interface Tables {
  thing: { id: string; count: number; body: Uint8Array }
}

const migrations: Migrations = {
  domain: 'thing',
  steps: [
    {
      name: '001-init',
      async up(db, types) {
        await db.schema
          .createTable('thing')
          .addColumn('id', 'text', (column) => column.primaryKey())
          .addColumn('count', types.integer, (column) => column.notNull())
          .addColumn('body', types.bytes, (column) => column.notNull())
          .execute()
      },
    },
  ],
}

describe.each(storeEngines)('the store on $name', (engine) => {
  test('migrates once and keeps integers and bytes as they are', async () => {
    await using store = await engine.open()
    await store.migrate(migrations)
    await store.migrate(migrations)
    const db = store.tables<Tables>()
    const row = { id: 'a', count: Number.MAX_SAFE_INTEGER, body: Buffer.from([0, 255, 1]) }
    await db.insertInto('thing').values(row).execute()
    const read = await db.selectFrom('thing').selectAll().executeTakeFirstOrThrow()
    expect(read.count).toBe(Number.MAX_SAFE_INTEGER)
    expect([...read.body]).toEqual([0, 255, 1])
  })

  test('undoes a whole transaction when a part of it fails', async () => {
    await using store = await engine.open()
    await store.migrate(migrations)
    const run = store.transaction<Tables, void>(async (tx) => {
      await tx.insertInto('thing').values({ id: 'a', count: 1, body: Buffer.of() }).execute()
      throw new Error('no')
    })
    await expect(run).rejects.toThrow('no')
    expect(await store.tables<Tables>().selectFrom('thing').selectAll().execute()).toEqual([])
  })

  test('refuses a store that a newer version wrote', async () => {
    await using store = await engine.open()
    await store.migrate({
      domain: 'thing',
      steps: [...migrations.steps, { name: '002-later', up: async () => undefined }],
    })
    await expect(store.migrate(migrations)).rejects.toMatchObject({ code: 'store.migration' })
  })
})
