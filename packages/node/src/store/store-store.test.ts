import { storeEngines } from '@ambit/testkit/stores'
import { sql } from 'kysely'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openStore } from './store.ts'
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

  test('copies itself to a file, or says that a server does that', async () => {
    await using store = await engine.open()
    await store.migrate(migrations)
    await store
      .tables<Tables>()
      .insertInto('thing')
      .values({ id: 'a', count: 1, body: Buffer.of() })
      .execute()
    const folder = mkdtempSync(join(tmpdir(), 'ambit-copy-'))
    try {
      const path = join(folder, 'copy.sqlite')
      if (engine.name === 'postgres') {
        await expect(store.copyTo(path)).rejects.toMatchObject({ code: 'store.not-embedded' })
        return
      }
      await store.copyTo(path)
      await using copy = await openStore(`sqlite:${path}`)
      expect(await copy.tables<Tables>().selectFrom('thing').select('id').execute()).toEqual([{ id: 'a' }])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('a connection that dies in the middle of a transaction fails that one, and the store goes on', async () => {
    if (engine.name !== 'postgres') return
    await using store = await engine.open()
    await store.migrate(migrations)
    const died = store.transaction<Tables, void>(async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
      await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(store.tables())
      // Between two statements nothing waits for an answer: the connection says it to whoever listens.
      await new Promise((resolve) => setTimeout(resolve, 100))
      await tx.selectFrom('thing').selectAll().execute()
    })
    await expect(died).rejects.toThrow()
    expect(await store.tables<Tables>().selectFrom('thing').selectAll().execute()).toEqual([])
  })
})
