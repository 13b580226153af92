import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import { groupCommitDialect } from './group-commit.ts'

interface Tables {
  word: { name: string; count: number }
}

/** A table in memory, and every statement that ran on it. */
async function open() {
  const database = new DatabaseSync(':memory:')
  const ran: string[] = []
  let broken = ''
  const db = new Kysely<Tables>({
    dialect: groupCommitDialect({
      close: () => database.close(),
      get isInTransaction() {
        return database.isTransaction
      },
      prepare(text) {
        ran.push(text.split(' ')[0]!)
        if (text === broken) throw new Error('the disk is full')
        const statement = database.prepare(text)
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...(parameters as string[])),
          run: (parameters) => statement.run(...(parameters as string[])),
          iterate: (parameters) => statement.iterate(...(parameters as string[])),
        }
      },
    }),
  })
  await sql`create table word (name text primary key, count integer not null)`.execute(db)
  ran.length = 0
  const add = async (name: string, count = 1) => {
    return await db.insertInto('word').values({ name, count }).executeTakeFirst()
  }
  const names = async () =>
    (await db.selectFrom('word').select('name').orderBy('name').execute()).map(({ name }) => name)
  return { db, ran, add, names, breakOn: (text: string) => (broken = text) }
}

test('statements that wait at the same time share one commit, and each has its own result', async () => {
  const { add, ran, names, db } = await open()
  const results = await Promise.all([add('a'), add('b'), names(), add('c')])
  expect(ran).toEqual(['begin', 'insert', 'insert', 'select', 'insert', 'commit'])
  expect(results[2]).toEqual(['a', 'b'])
  ran.length = 0
  await add('d')
  expect(ran).toEqual(['insert'])
  expect(await names()).toEqual(['a', 'b', 'c', 'd'])
  await db.destroy()
})

test('one that fails fails alone', async () => {
  const { add, names } = await open()
  const results = await Promise.allSettled([add('a'), add('a'), add('b')])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await names()).toEqual(['a', 'b'])
})

test('when the commit fails nothing was done and everybody hears of it', async () => {
  const { add, names, breakOn } = await open()
  breakOn('commit')
  const results = await Promise.allSettled([add('a'), add('b')])
  expect(results.map((each) => (each.status === 'rejected' ? String(each.reason) : ''))).toEqual([
    'Error: the disk is full',
    'Error: the disk is full',
  ])
  breakOn('')
  expect(await names()).toEqual([])
  await add('c')
  expect(await names()).toEqual(['c'])
})

test('a transaction has the file for itself, and one that throws leaves nothing', async () => {
  const { db, add, names, breakOn } = await open()
  const steps: string[] = []
  const transaction = async (name: string, fails: boolean) =>
    await db.transaction().execute(async (tx) => {
      steps.push(`${name} in`)
      await tx.insertInto('word').values({ name, count: 1 }).execute()
      await new Promise((resolve) => setImmediate(resolve))
      steps.push(`${name} out`)
      if (fails) throw new Error('changed its mind')
    })
  const results = await Promise.allSettled([
    transaction('x', false),
    add('between').then(() => steps.push('between')),
    transaction('y', true),
    transaction('z', false),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(steps).toEqual(['x in', 'x out', 'between', 'y in', 'y out', 'z in', 'z out'])
  expect(await names()).toEqual(['between', 'x', 'z'])
  // A commit that fails gives the file free all the same.
  breakOn('commit')
  await expect(transaction('w', false)).rejects.toThrow('full')
  breakOn('')
  await transaction('v', false)
  expect(await names()).toEqual(['between', 'v', 'x', 'z'])
})

test('what is no question and no change of rows runs by itself', async () => {
  const { db, ran, add } = await open()
  await Promise.all([add('a'), add('b'), sql`pragma user_version`.execute(db), add('c'), add('d')])
  expect(ran).toEqual([
    'begin',
    'insert',
    'insert',
    'commit',
    'pragma',
    'begin',
    'insert',
    'insert',
    'commit',
  ])
})
