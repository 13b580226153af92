import { DatabaseSync } from 'node:sqlite'
import { quantiles } from './log.ts'
import type { Rate } from './log.ts'

export interface SqliteRows {
  /** Transactions of so many rows, one after another, each durable when it is over. */
  insert(entry: string, batch: number, ms: number): Rate
  close(): void
}

/** Rows of node:sqlite on the same disk: write-ahead log, synchronous FULL, a prepared statement. */
export function openSqlite(path: string): SqliteRows {
  const database = new DatabaseSync(path)
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; create table entry (id integer primary key, body text)',
  )
  const statement = database.prepare('insert into entry (body) values (?)')
  return {
    insert(entry, batch, ms) {
      const times: number[] = []
      const cpu = process.cpuUsage()
      const start = performance.now()
      while (performance.now() - start < ms) {
        const begun = performance.now()
        database.exec('begin')
        for (let each = 0; each < batch; each++) statement.run(entry)
        database.exec('commit')
        times.push(performance.now() - begun)
      }
      const seconds = (performance.now() - start) / 1000
      const { user, system } = process.cpuUsage(cpu)
      const rows = times.length * batch
      return { perS: Math.round(rows / seconds), ...quantiles(times), cpuUs: (user + system) / rows }
    },
    close: () => database.close(),
  }
}
