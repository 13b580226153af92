import { fork } from 'node:child_process'
import type { Serializable } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@ambit/node/kernel/clock'
import { noteSigner, openLedger } from '@ambit/node/ledger/ledger'
import { openReplica, openSharedDatabase } from '@ambit/testkit/log-engines'
import { closedLoop, entryOf } from './ledger/log.ts'
import type { Rate } from './ledger/log.ts'
import { median } from './machine.ts'

export interface PostgresOptions {
  /** `postgres://…`: a schema of its own is made there, and dropped at the end. */
  readonly address: string
  /** For what the replicas derive. */
  readonly folder: string
  readonly bytes: number
  readonly ms: number
  readonly rounds: number
}

export interface PostgresRow extends Pick<Rate, 'perS' | 'p50Ms' | 'p99Ms'> {
  readonly name: string
  readonly inFlight: number
}

const inFlight = [1, 1024, 8192]
const origin = 'bench.example/shared'
/** The argument that makes this file the writer. */
const writerMark = 'ledger-postgres-writer'

/** What a process is started with: a replica of its own, on a core of its own where there is one. */
interface WriterData {
  readonly url: string
  readonly folder: string
  readonly key: string
  readonly bytes: number
}

/** Durable entries per second through one PostgreSQL, one row for each batch: by entries in flight of one and of two writers. */
export async function postgresRows(options: PostgresOptions): Promise<PostgresRow[]> {
  const { address, folder, bytes, ms, rounds } = options
  await using database = await openSharedDatabase(address)
  const { privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const writers: Writer[] = []
  const rows: PostgresRow[] = []
  try {
    for (const name of ['one', 'two']) {
      mkdirSync(join(folder, name))
      writers.push(
        await startWriter({ url: database.url, folder: join(folder, name), key: privateKey, bytes }),
      )
    }
    for (let round = 0; round < rounds; round++) {
      for (const each of inFlight) {
        for (const count of [1, 2]) {
          const rates = await Promise.all(writers.slice(0, count).map((writer) => writer.run(each, ms)))
          rows.push({
            name: `postgres, ${count} ${count === 1 ? 'writer' : 'writers'}`,
            inFlight: each,
            perS: rates.reduce((sum, rate) => sum + rate.perS, 0),
            p50Ms: Math.max(...rates.map((rate) => rate.p50Ms)),
            p99Ms: Math.max(...rates.map((rate) => rate.p99Ms)),
          })
        }
      }
    }
  } finally {
    for (const writer of writers) await writer.stop()
  }
  return inFlight.flatMap((each) =>
    ['postgres, 1 writer', 'postgres, 2 writers'].map((name) => summary(rows, name, each)),
  )
}

interface Writer {
  run(inFlight: number, ms: number): Promise<Rate>
  stop(): Promise<void>
}

async function startWriter(data: WriterData): Promise<Writer> {
  const child = fork(import.meta.filename, [writerMark], { stdio: 'inherit' })
  const ask = async <Value>(question: unknown): Promise<Value> => {
    child.send(question as Serializable)
    const [answer] = (await once(child, 'message')) as [Value]
    return answer
  }
  await ask(data)
  return {
    run: async (count, ms) => await ask<Rate>({ count, ms }),
    stop: async () => {
      await ask('stop')
      child.disconnect()
    },
  }
}

function summary(rows: readonly PostgresRow[], name: string, each: number): PostgresRow {
  const same = rows.filter((row) => row.name === name && row.inFlight === each)
  const middle = (key: 'perS' | 'p50Ms' | 'p99Ms'): number =>
    Math.round(100 * median(same.map((row) => row[key]))) / 100
  return {
    name,
    inFlight: each,
    perS: Math.round(middle('perS')),
    p50Ms: middle('p50Ms'),
    p99Ms: middle('p99Ms'),
  }
}

/** Runs in a process of its own: opens a replica, then writes for as long as it is told. */
async function write(): Promise<void> {
  const [data] = (await once(process, 'message')) as [WriterData]
  const replica = await openReplica(data.url, data.folder)
  const ledger = await openLedger({
    ...replica.options,
    origin,
    signer: noteSigner(origin, createPrivateKey(data.key)),
    clock: systemClock,
    onFailure: (fault) => {
      throw fault
    },
  })
  const entry = entryOf(data.bytes)
  process.on('message', (question: 'stop' | { count: number; ms: number }) => {
    const answering =
      question === 'stop'
        ? ledger[Symbol.asyncDispose]().then(async () => await replica[Symbol.asyncDispose]())
        : closedLoop(ledger, entry, question.count, { ms: question.ms })
    void answering.then((answer) => process.send!(answer ?? 'done'))
  })
  process.send!('ready')
}

if (process.argv[2] === writerMark) await write()
