import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deleteStream } from '@ambit/testkit/nats-stream'
import { natsUrl, postgresUrl } from '@ambit/testkit/services'
import { freshSchema } from '@ambit/testkit/stores'
import { mcpRequest } from '../call/message.ts'
import { startMeasured } from '../process.ts'
import { bringOnline, startRunningNode } from '../running-node.ts'
import type { RunningNode } from '../running-node.ts'
import { Connection } from '../streams/connection.ts'

/** A replica that goes on for longer has not heard. */
const giveUpMs = 30_000
const letIn = 'Hangzhou is 21'

export interface RevocationTimes {
  readonly revocations: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/**
 * Two node processes on one PostgreSQL that hear each other over NATS. For each revocation: from the start of the request
 * at one to the first call that the other refuses, while calls under the mandate follow each other there without a pause.
 * Undefined, with a line, where a server is missing.
 */
export async function measureRevocations(count: number): Promise<RevocationTimes | undefined> {
  const [bus, postgres] = [await natsUrl(), await postgresUrl()]
  if (bus === undefined || postgres === undefined) {
    console.error('no revocation is measured: there is no NATS or no PostgreSQL here')
    return undefined
  }
  const root = mkdtempSync(join(tmpdir(), 'ambit-bench-'))
  const stream = `ambit_bench_${randomBytes(8).toString('hex')}`
  const env = {
    AMBIT_LOG: 'postgres',
    AMBIT_STORE: await freshSchema(postgres),
    AMBIT_MASTER_KEY: `file:${join(root, 'master.key')}`,
    AMBIT_BUS: bus,
    AMBIT_BUS_STREAM: stream,
  }
  const upstream = await startMeasured(new URL('../call/canned-upstream.ts', import.meta.url))
  try {
    await using here = await startRunningNode(env)
    await using there = await startRunningNode(env)
    await bringOnline(here.ambit, { url: `http://127.0.0.1:${upstream.port}/mcp` }, 'canned')
    const times: number[] = []
    for (let each = 0; each < count; each++) times.push(await revocation(here, there))
    times.sort((left, right) => left - right)
    return {
      revocations: count,
      p50Ms: times[count >> 1]!,
      p99Ms: times[Math.floor(count * 0.99)]!,
      maxMs: times.at(-1)!,
    }
  } finally {
    await upstream.stop()
    await deleteStream(bus, stream)
    rmSync(root, { recursive: true, force: true })
  }
}

async function revocation(here: RunningNode, there: RunningNode): Promise<number> {
  const mandate = await here.ambit.mandates.grant({
    purpose: 'measure a revocation',
    allow: [{ target: 'canned', capability: '*', decision: 'autonomous' }],
  })
  const { token } = await here.ambit.mandates.connect(mandate.id)
  const connection = await Connection.open(there.port)
  const request = mcpRequest(token)
  await calledUntil(connection, request, true)
  const start = performance.now()
  const revoking = here.ambit.mandates.revoke(mandate.id)
  await calledUntil(connection, request, false)
  const took = performance.now() - start
  await revoking
  connection.close()
  return took
}

/** Calls again and again, until a call is let in or refused. */
async function calledUntil(connection: Connection, request: string, wanted: boolean): Promise<void> {
  const until = performance.now() + giveUpMs
  for (;;) {
    const { body } = await connection.ask(request)
    if (body.includes(letIn) === wanted) return
    if (performance.now() > until)
      throw new Error(
        `the other replica did not ${wanted ? 'hear of a token' : 'refuse'}: ${body.slice(0, 300)}`,
      )
  }
}
