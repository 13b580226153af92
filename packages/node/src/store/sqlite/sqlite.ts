import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { SqliteStatement } from 'kysely'
import { groupCommitDialect } from './group-commit.ts'
import type { GroupedDatabase } from './group-commit.ts'

/** Prepared statements kept: preparing costs more than running, and a node has a few hundred. */
const statementsMax = 500
const busyTimeoutMs = 5000

export interface Sqlite {
  readonly db: Kysely<unknown>
  /** Writes a consistent copy while others read and write. */
  readonly copyTo: (path: string) => Promise<void>
}

/** Opens a file (or `:memory:`) durably: WAL with a sync on each commit. */
export function openSqlite(path: string): Sqlite {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs })
  // Its journals get the same mode.
  if (path !== ':memory:') chmodSync(path, 0o600)
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
  // Deleted rows are overwritten: a destroyed key must not lie in a free page.
  database.exec('pragma secure_delete = on')
  return {
    db: new Kysely<unknown>({ dialect: groupCommitDialect(adapt(database)) }),
    async copyTo(target) {
      await backup(database, target)
      chmodSync(target, 0o600)
    },
  }
}

function adapt(database: DatabaseSync): GroupedDatabase {
  const statements = new Map<string, StatementSync>()
  return {
    close: () => database.close(),
    get isInTransaction() {
      return database.isTransaction
    },
    prepare(text) {
      let statement = statements.get(text)
      if (statement === undefined) {
        statement = database.prepare(text)
        if (statements.size >= statementsMax) statements.delete(statements.keys().next().value!)
        statements.set(text, statement)
      }
      return adaptStatement(statement)
    },
  }
}

function adaptStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run(parameters) {
      const { changes, lastInsertRowid } = statement.run(...(parameters as SQLInputValue[]))
      return { changes, lastInsertRowid }
    },
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
