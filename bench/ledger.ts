import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { systemClock } from '@ambit/node/kernel/clock'
import { noteSigner, openFileGuard, openLedger } from '@ambit/node/ledger/ledger'
import type { Ledger } from '@ambit/node/ledger/ledger'
import type { Report } from './bench.ts'
import { median, probeSync } from './machine.ts'

const origin = 'bench.example/log'
const signer = noteSigner(origin, generateKeyPairSync('ed25519').privateKey)
const inFlight = [1, 128, 1024, 8192]
/** One entry in so many is timed, so that the clock does not weigh on the rate. */
const timedEach = 16
const proofEntries = 20_000

interface Row {
  name: string
  inFlight: number
  perS: number
  p50Ms: number
  p99Ms: number
}

/**
 * Durable entries per second by entries in flight, interleaved with rows of node:sqlite (WAL, synchronous FULL) on the
 * same disk; proofs, replay of a log without its derived files, and a check of every entry.
 */
export async function run(args: readonly string[]): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      ms: { type: 'string', default: '1000' },
      bytes: { type: 'string', default: '520' },
      folder: { type: 'string', default: process.cwd() },
    },
  })
  const folder = mkdtempSync(join(values.folder, 'bench-ledger-'))
  const entry = JSON.stringify({ kind: 'bench', pad: 'x'.repeat(Math.max(0, Number(values.bytes) - 24)) })
  try {
    const ledger = await open(folder)
    const sqlite = openSqlite(join(folder, 'rows.db'))
    const rows: Row[] = []
    const rss: number[] = []
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const each of inFlight) {
        rows.push({
          name: 'ledger',
          inFlight: each,
          ...(await closedLoop(ledger, entry, each, Number(values.ms))),
        })
      }
      for (const each of [1, 1024]) {
        rows.push({ name: 'node:sqlite', inFlight: each, ...sqlite.insert(entry, each, Number(values.ms)) })
      }
      rss.push(process.memoryUsage.rss() / 1024 / 1024)
    }
    sqlite.close()
    const proofsPerS = await proofs(ledger)
    const { recoveryPerS, verifyS } = await replay(folder, ledger)
    const table = summary(rows)
    const find = (name: string, each: number): Row =>
      table.find((row) => row.name === name && row.inFlight === each)!
    return {
      table: table.map((row) => ({ ...row })),
      json: {
        rows: table,
        perS1024: find('ledger', 1024).perS,
        p50Ms1024: find('ledger', 1024).p50Ms,
        perS8192: find('ledger', 8192).perS,
        ratioToSqliteSingle: round2(find('ledger', 1).perS / find('node:sqlite', 1).perS),
        ratioToSqliteBatched: round2(find('ledger', 1024).perS / find('node:sqlite', 1024).perS),
        proofsPerS,
        recoveryPerS,
        verifyS,
        rssDriftMb: round2(rss.at(-1)! - rss[0]!),
        entryBytes: entry.length,
        sync: probeSync(folder),
        durability:
          'every entry on disk (O_DSYNC) before it is acknowledged; hashed, in the tree, checkpoints signed',
      },
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function open(folder: string): Promise<Ledger> {
  const guard = await openFileGuard(join(folder, 'guard'))
  return openLedger({
    directory: join(folder, 'log'),
    origin,
    signer,
    guard,
    clock: systemClock,
    onFailure: (fault) => {
      throw fault
    },
  })
}

/** Each acknowledged entry is followed by the next, until the time is over. */
async function closedLoop(
  ledger: Ledger,
  entry: string,
  count: number,
  ms: number,
): Promise<Omit<Row, 'name' | 'inFlight'>> {
  const times: number[] = []
  const start = performance.now()
  let done = 0
  let active = 0
  await new Promise<void>((resolve) => {
    const one = (): void => {
      const timed = done % timedEach === 0 || count < timedEach
      const sent = timed ? performance.now() : 0
      active++
      ledger.append(entry, (fault) => {
        if (fault !== undefined) throw fault
        active--
        done++
        const now = performance.now()
        if (timed) times.push(now - sent)
        if (now - start < ms) one()
        else if (active === 0) resolve()
      })
    }
    for (let each = 0; each < count; each++) one()
  })
  const seconds = (performance.now() - start) / 1000
  return { perS: Math.round(done / seconds), ...quantiles(times) }
}

function openSqlite(path: string): {
  insert(entry: string, batch: number, ms: number): Omit<Row, 'name' | 'inFlight'>
  close(): void
} {
  const database = new DatabaseSync(path)
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; create table entry (id integer primary key, body text)',
  )
  const statement = database.prepare('insert into entry (body) values (?)')
  return {
    insert(entry, batch, ms) {
      const times: number[] = []
      const start = performance.now()
      while (performance.now() - start < ms) {
        const begun = performance.now()
        database.exec('begin')
        for (let each = 0; each < batch; each++) statement.run(entry)
        database.exec('commit')
        times.push(performance.now() - begun)
      }
      const seconds = (performance.now() - start) / 1000
      return { perS: Math.round((times.length * batch) / seconds), ...quantiles(times) }
    },
    close: () => database.close(),
  }
}

/** Proofs of the last entries written, as receipts ask for them. */
async function proofs(ledger: Ledger): Promise<number> {
  const size = ledger.size
  await ledger.checkpoint(size)
  const start = performance.now()
  for (let each = 0; each < proofEntries; each++) await ledger.prove(size - 1 - (each % Math.min(size, 4096)))
  return Math.round((proofEntries / (performance.now() - start)) * 1000)
}

/** Opens the log again without what is derived from it, then reads every entry against its leaf hash. */
async function replay(folder: string, ledger: Ledger): Promise<{ recoveryPerS: number; verifyS: number }> {
  const { size } = ledger
  await ledger[Symbol.asyncDispose]()
  await rm(join(folder, 'log', 'tiles'), { recursive: true })
  const begun = performance.now()
  await using again = await open(folder)
  const recovered = performance.now()
  let count = 0
  for await (const _ of again.entries(0)) count++
  if (again.size !== size || count !== size)
    throw new Error(`wrote ${size} entries, found ${again.size} and read ${count}`)
  return {
    recoveryPerS: Math.round((size / (recovered - begun)) * 1000),
    verifyS: round2((performance.now() - recovered) / 1000),
  }
}

function summary(rows: readonly Row[]): Row[] {
  const keys = [...new Set(rows.map((row) => `${row.name} ${row.inFlight}`))]
  return keys.map((key) => {
    const same = rows.filter((row) => `${row.name} ${row.inFlight}` === key)
    return {
      name: same[0]!.name,
      inFlight: same[0]!.inFlight,
      perS: Math.round(median(same.map((row) => row.perS))),
      p50Ms: round2(median(same.map((row) => row.p50Ms))),
      p99Ms: round2(median(same.map((row) => row.p99Ms))),
    }
  })
}

function quantiles(times: number[]): { p50Ms: number; p99Ms: number } {
  times.sort((left, right) => left - right)
  return { p50Ms: times[times.length >> 1] ?? 0, p99Ms: times[Math.floor(times.length * 0.99)] ?? 0 }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
