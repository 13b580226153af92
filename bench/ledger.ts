import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { auditLog } from '@ambit/node/ledger/file/audit'
import type { Ledger } from '@ambit/node/ledger/ledger'
import type { Report } from './bench.ts'
import { bodiesRate } from './ledger-bodies.ts'
import { postgresRows } from './ledger-postgres.ts'
import { closedLoop, entryOf, openBenchLog, round2 } from './ledger/log.ts'
import type { Rate } from './ledger/log.ts'
import { measureMemory } from './ledger/memory.ts'
import { openSqlite } from './ledger/sqlite.ts'
import { median, probeSync } from './machine.ts'

const inFlight = [1, 128, 1024, 8192]
/** Rows of one transaction of node:sqlite: single, and the sizes of which the best one counts. */
const sqliteBatches = [1, 100, 1000, 8192]
const proofRounds = 5
const proofEntries = 20_000
const verifyEntries = 1_000_000
/** Persons whose contents come in turn. */
const bodySubjects = 64
const memoryEntries = 10_000_000
const memoryEntriesShort = 1_000_000

interface Row extends Rate {
  readonly name: string
  readonly inFlight: number
}

/**
 * Durable entries per second by entries in flight, interleaved with rows of node:sqlite on the same disk at its best
 * batch size; proofs, replay of a log without its derived files, the check of every entry, and memory over a long log.
 */
export async function run(args: readonly string[]): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      ms: { type: 'string', default: '1000' },
      bytes: { type: 'string', default: '200' },
      folder: { type: 'string', default: process.cwd() },
      entries: { type: 'string' },
      short: { type: 'boolean', default: false },
      postgres: { type: 'string' },
    },
  })
  const folder = mkdtempSync(join(values.folder, 'bench-ledger-'))
  const folderOf = (name: string): string => {
    const path = join(folder, name)
    mkdirSync(path)
    return path
  }
  const bytes = Number(values.bytes)
  const ms = Number(values.ms)
  const entries = Number(values.entries ?? (values.short ? memoryEntriesShort : memoryEntries))
  try {
    const plain = await rates(folderOf('rates'), entryOf(bytes), Number(values.rounds), ms)
    const reading = await read(folderOf('read'), entryOf(bytes))
    const bodies = await withBodies(folderOf('bodies'), ms)
    const memory = await measureMemory(folderOf('memory'), entries, bytes)
    const [at1024, at8192] = [row(plain, 'ledger', 1024), row(plain, 'ledger', 8192)]
    const best = Math.max(...plain.filter(({ name }) => name === 'node:sqlite').map(({ perS }) => perS))
    const shared =
      values.postgres === undefined
        ? []
        : await postgresRows({
            address: values.postgres,
            folder: folderOf('postgres'),
            bytes,
            ms,
            rounds: Number(values.rounds),
          })
    const rows = [...plain, bodies, ...shared]
    return {
      table: rows.map((each) => ({ ...each })),
      json: {
        rows,
        perS1024: at1024.perS,
        p50Ms1024: at1024.p50Ms,
        perS8192: at8192.perS,
        cpuUsPerEntry8192: at8192.cpuUs,
        ratioToSqliteSingle: round2(at8192.perS / row(plain, 'node:sqlite', 1).perS),
        ratioToSqliteBatched: round2(at8192.perS / best),
        ...reading,
        rssDriftMb: round2(memory.rssDriftMb),
        rssMb: round2(memory.rssMb),
        memoryEntries: memory.entries,
        withBodiesPerS: bodies.perS,
        entryBytes: bytes,
        sync: probeSync(folder),
        durability:
          'every entry on disk (O_DSYNC) before it is acknowledged; hashed, in the tree, checkpoints signed',
      },
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Medians of rounds in which everyone has a turn, so that a slow minute of the disk meets all alike. */
async function rates(folder: string, entry: string, rounds: number, ms: number): Promise<Row[]> {
  await using ledger = await openBenchLog(folder)
  const sqlite = openSqlite(join(folder, 'rows.db'))
  const all: Row[] = []
  for (let round = 0; round < rounds; round++) {
    console.error(`round ${round + 1} of ${rounds}`)
    for (const [at, each] of inFlight.entries()) {
      all.push({ name: 'ledger', inFlight: each, ...(await closedLoop(ledger, entry, each, { ms })) })
      const batch = sqliteBatches[at]!
      all.push({ name: 'node:sqlite', inFlight: batch, ...sqlite.insert(entry, batch, ms) })
    }
  }
  sqlite.close()
  const summaries = (name: string, each: readonly number[]): Row[] =>
    each.map((count) => summary(all.filter((one) => one.name === name && one.inFlight === count)))
  return [...summaries('ledger', inFlight), ...summaries('node:sqlite', sqliteBatches)]
}

function summary(rows: readonly Row[]): Row {
  const middle = (key: keyof Rate): number => median(rows.map((each) => each[key]))
  return {
    name: rows[0]!.name,
    inFlight: rows[0]!.inFlight,
    perS: Math.round(middle('perS')),
    p50Ms: round2(middle('p50Ms')),
    p99Ms: round2(middle('p99Ms')),
    cpuUs: round2(middle('cpuUs')),
  }
}

function row(rows: readonly Row[], name: string, each: number): Row {
  return rows.find((one) => one.name === name && one.inFlight === each)!
}

/** Canonical form, commitment and sealing of a body included. */
async function withBodies(folder: string, ms: number): Promise<Row> {
  await using ledger = await openBenchLog(folder)
  const options = { folder: join(folder, 'bodies'), inFlight: 1024, subjects: bodySubjects, ms }
  mkdirSync(options.folder)
  const { inFlight: each, perS, p50Ms, p99Ms, cpuUs } = await bodiesRate(ledger, options)
  return { name: 'ledger with bodies', inFlight: each, perS, p50Ms, p99Ms, cpuUs }
}

/** A log of 10^6 entries: proofs of the last ones, every entry held against tiles and root, and its replay. */
async function read(
  folder: string,
  entry: string,
): Promise<{ proofsPerS: number; proofCpuUs: number; verifyS: number; recoveryPerS: number }> {
  const ledger = await openBenchLog(folder)
  await closedLoop(ledger, entry, 8192, { entries: verifyEntries })
  const proof = await proofs(ledger)
  const { size } = ledger
  await ledger[Symbol.asyncDispose]()
  const begun = performance.now()
  for await (const finding of auditLog(join(folder, 'log'))) throw new Error(JSON.stringify(finding))
  const verifyS = round2((performance.now() - begun) / 1000)
  await rm(join(folder, 'log', 'tiles'), { recursive: true })
  const opened = performance.now()
  await using again = await openBenchLog(folder)
  const seconds = (performance.now() - opened) / 1000
  if (again.size !== size) throw new Error(`wrote ${size} entries and found ${again.size}`)
  return { ...proof, verifyS, recoveryPerS: Math.round(size / seconds) }
}

/** Proofs of the last entries written, as receipts ask for them. */
async function proofs(ledger: Ledger): Promise<{ proofsPerS: number; proofCpuUs: number }> {
  const { size } = ledger
  await ledger.checkpoint(size)
  const rounds: { perS: number; cpuUs: number }[] = []
  for (let round = 0; round < proofRounds; round++) {
    const cpu = process.cpuUsage()
    const start = performance.now()
    for (let each = 0; each < proofEntries; each++) await ledger.prove(size - 1 - (each % 4096))
    const { user, system } = process.cpuUsage(cpu)
    const perS = (proofEntries / (performance.now() - start)) * 1000
    rounds.push({ perS, cpuUs: (user + system) / proofEntries })
  }
  return {
    proofsPerS: Math.round(median(rounds.map(({ perS }) => perS))),
    proofCpuUs: round2(median(rounds.map(({ cpuUs }) => cpuUs))),
  }
}
