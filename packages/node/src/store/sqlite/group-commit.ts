import { CompiledQuery, SqliteAdapter, SqliteDialect } from 'kysely'
import type { DatabaseConnection, Driver, QueryResult, SqliteDatabase } from 'kysely'

/** Statements that share one commit at most: none of them waits for more than a few milliseconds of others. */
const statementsMax = 512
/** What may stand in a group: anything else (pragmas, forms of tables) runs by itself. */
const grouped: ReadonlySet<string> = new Set([
  'SelectQueryNode',
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
])

/** The one connection to a file. */
export interface GroupedDatabase extends SqliteDatabase {
  /** Whether a transaction is open: some errors of SQLite end it by themselves. */
  readonly isInTransaction: boolean
}

/**
 * Kysely's dialect of SQLite with group commit: statements that wait at the same time share one commit and one sync of
 * the disk, and each is answered after it. One that fails fails alone. Transactions run by themselves, in the order in
 * which they were begun.
 */
export function groupCommitDialect(database: GroupedDatabase): SqliteDialect {
  const dialect = new SqliteDialect({ database })
  return Object.assign(dialect, {
    createAdapter: () => new QueueingAdapter(),
    createDriver: () => new GroupCommit(database),
  })
}

/** Kysely's own lock would have one statement wait for the commit of another. */
class QueueingAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

type Result = QueryResult<unknown>

interface Statement {
  readonly query: CompiledQuery
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Waits to have the connection for itself. */
interface Turn {
  readonly begin: () => void
}

class GroupCommit implements Driver {
  readonly #database: GroupedDatabase
  readonly #waiting: (Statement | Turn)[] = []
  /** A transaction is open. */
  #taken = false
  #planned = false

  constructor(database: GroupedDatabase) {
    this.#database = database
  }

  async init(): Promise<void> {
    // Opened before.
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return new QueuedConnection(this)
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ begin: resolve })
    this.#plan()
    await promise
    try {
      this.run(CompiledQuery.raw('begin'))
    } catch (error) {
      this.#leave()
      throw error
    }
    if (connection instanceof QueuedConnection) connection.isAlone = true
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#end(connection, 'commit')
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#end(connection, 'rollback')
  }

  async releaseConnection(): Promise<void> {
    // There is but one.
  }

  async destroy(): Promise<void> {
    this.#database.close()
  }

  async queue(query: CompiledQuery): Promise<Result> {
    // A question has no commit to share: where nobody is before it, it is answered at once.
    const isQuestion = query.query.kind === 'SelectQueryNode'
    if (isQuestion && !this.#taken && this.#waiting.length === 0) return this.run(query)
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#waiting.push({ query, resolve, reject })
    this.#plan()
    return await promise
  }

  run({ sql, parameters }: CompiledQuery): Result {
    const statement = this.#database.prepare(sql)
    if (statement.reader) return { rows: statement.all(parameters) }
    const { changes, lastInsertRowid } = statement.run(parameters)
    return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] }
  }

  async #end(connection: DatabaseConnection, how: 'commit' | 'rollback'): Promise<void> {
    try {
      // An error may have ended it already; then there is nothing left to take back.
      if (how === 'commit' || this.#database.isInTransaction) this.run(CompiledQuery.raw(how))
    } catch (error) {
      // Kysely rolls back after a commit that failed, and that gives the connection free.
      if (how === 'commit' && this.#database.isInTransaction) throw error
      this.#finish(connection)
      throw error
    }
    this.#finish(connection)
  }

  #finish(connection: DatabaseConnection): void {
    if (!(connection instanceof QueuedConnection) || !connection.isAlone) return
    connection.isAlone = false
    this.#leave()
  }

  #leave(): void {
    this.#taken = false
    this.#plan()
  }

  /** After this turn: whoever is under way has said by then what they want written. */
  #plan(): void {
    if (this.#planned || this.#taken || this.#waiting.length === 0) return
    this.#planned = true
    setImmediate(() => {
      this.#planned = false
      this.#work()
    })
  }

  #work(): void {
    const [first] = this.#waiting
    if (first === undefined || this.#taken) return
    if ('begin' in first) {
      this.#waiting.shift()
      this.#taken = true
      first.begin()
      return
    }
    const end = this.#waiting.findIndex((each) => 'begin' in each || !grouped.has(each.query.query.kind))
    const size = end < 0 ? this.#waiting.length : Math.max(1, end)
    const group = this.#waiting.splice(0, Math.min(size, statementsMax)) as Statement[]
    if (group.length === 1) settle(group[0]!, () => this.run(group[0]!.query))
    else this.#commit(group)
    this.#plan()
  }

  #commit(group: readonly Statement[]): void {
    const done: { readonly statement: Statement; readonly result: Result }[] = []
    const fail = (error: unknown) => done.splice(0).forEach(({ statement }) => statement.reject(error))
    try {
      this.run(CompiledQuery.raw('begin'))
    } catch (error) {
      for (const { reject } of group) reject(error)
      return
    }
    for (const statement of group) {
      try {
        if (!this.#database.isInTransaction) this.run(CompiledQuery.raw('begin'))
        done.push({ statement, result: this.run(statement.query) })
      } catch (error) {
        statement.reject(error)
        // A full disk, for one, takes back all that was done before.
        if (!this.#database.isInTransaction) fail(error)
      }
    }
    try {
      if (this.#database.isInTransaction) this.run(CompiledQuery.raw('commit'))
    } catch (error) {
      fail(error)
      if (this.#database.isInTransaction) this.run(CompiledQuery.raw('rollback'))
    }
    for (const { statement, result } of done) statement.resolve(result)
  }
}

function settle({ resolve, reject }: Statement, run: () => Result): void {
  try {
    resolve(run())
  } catch (error) {
    reject(error)
  }
}

class QueuedConnection implements DatabaseConnection {
  readonly #driver: GroupCommit
  /** In a transaction, which has the file for itself. */
  isAlone = false

  constructor(driver: GroupCommit) {
    this.#driver = driver
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = this.isAlone ? this.#driver.run(query) : await this.#driver.queue(query)
    return result as QueryResult<R>
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are read page by page, not as a stream')
  }
}
