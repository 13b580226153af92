import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { removeData } from '@ambit/testkit/start-node'
import type { Report } from './bench.ts'
import { median } from './machine.ts'
import { startMeasured, usageOf } from './process.ts'
import { documentOf } from './registry/document.ts'

const batch = 250
/** Batches under way at the same time. */
const senders = 2
/** Each interface is asked so often. */
const everyMinutes = 5

/**
 * Registering through the API, and asking what was registered for signs of life. Every record is put in force: identity
 * code, key, version, two signed rulings and three leaves, all of it synced before the answer. `--endpoints N` and
 * `--seconds S` of asking; `--short` is 10,000 and 20. Handshakes are measured by registry/handshake.ts.
 */
export async function run(args: readonly string[]): Promise<Report> {
  const isShort = args.includes('--short')
  const endpoints = option(args, '--endpoints', isShort ? 10_000 : 100_000)
  const seconds = option(args, '--seconds', isShort ? 20 : 60)
  const upstreams = await startMeasured(new URL('./registry/upstreams.ts', import.meta.url))
  const data = mkdtempSync(join(tmpdir(), 'ambit-registry-'))
  try {
    const registered = await register(data, endpoints, upstreams.port)
    const asking = await ask(data, endpoints, seconds)
    const handshakes = await handshake(args)
    const json = { ...registered, ...asking, ...handshakes }
    return { table: Object.entries(json).map(([what, figure]) => ({ what, figure: String(figure) })), json }
  } finally {
    await upstreams.stop()
    removeData(data)
  }
}

function option(args: readonly string[], name: string, value: number): number {
  const at = args.indexOf(name)
  return at < 0 ? value : Number(args[at + 1])
}

async function startNode(data: string, minutes: number): Promise<SpawnedNode> {
  return await spawnNode({
    data,
    env: { AMBIT_LOG_LEVEL: 'error', AMBIT_PROBE_MINUTES: String(minutes) },
    stderr: 'inherit',
    // With 10⁵ records, on a machine that does other things too.
    startTimeoutMs: 300_000,
  })
}

/** The median over stretches of a tenth each: the first are slower, until the code is compiled. */
async function register(data: string, endpoints: number, port: number) {
  await using node = await startNode(data, 0)
  const single = await registerSingly(node, port)
  const rates: number[] = []
  const stretch = Math.max(batch * senders, Math.floor(endpoints / 10))
  for (let from = 0; from < endpoints; from += stretch) {
    const until = Math.min(endpoints, from + stretch)
    let next = from
    const started = performance.now()
    const send = async () => {
      while (next < until) {
        const first = next
        next = Math.min(until, next + batch)
        await sendBatch(node, first, next, port)
      }
    }
    await Promise.all(Array.from({ length: senders }, send))
    rates.push(((until - from) * 1000) / (performance.now() - started))
    console.error(`${until} of ${endpoints} are registered, ${Math.round(rates.at(-1)!)} a second`)
  }
  const usage = usageOf(node.child.pid!)
  return {
    registerPerS: Math.round(median(rates)),
    registerPerSLast: Math.round(rates.at(-1)!),
    registerSinglePerS: Math.round(single),
    registerCpuUs: Math.round((usage?.cpuUs ?? 0) / endpoints),
  }
}

async function sendBatch(node: SpawnedNode, first: number, end: number, port: number): Promise<void> {
  const documents = Array.from({ length: end - first }, (_, at) => documentOf(first + at, port))
  const { results } = await node.ambit.records.applyAll(documents, { activate: true })
  const wrong = results.find(({ ok }) => !ok)
  if (wrong !== undefined) throw new Error(`not registered: ${JSON.stringify(wrong)}`)
}

/** One document a request, drafts only, sixteen at the same time. */
async function registerSingly(node: SpawnedNode, port: number): Promise<number> {
  const count = 400
  let next = 0
  const started = performance.now()
  const send = async () => {
    while (next < count) await node.ambit.records.apply(documentOf(9_000_000 + next++, port))
  }
  await Promise.all(Array.from({ length: 16 }, send))
  return (count * 1000) / (performance.now() - started)
}

/** A node that begins anew with all the records asks them; measured after it came to rest. */
async function ask(data: string, endpoints: number, seconds: number) {
  await using node = await startNode(data, everyMinutes)
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  const before = await read(node)
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const after = await read(node)
  const cpuMs = (after.cpuUs - before.cpuUs) / 1000
  const wallMs = after.at - before.at
  const probes = after.answered - before.answered
  const perS = (probes * 1000) / wallMs
  return {
    endpoints,
    probes,
    probesPerS: Number(perS.toFixed(1)),
    // So many would be one each five minutes.
    probesPerSWanted: Number((endpoints / (everyMinutes * 60)).toFixed(1)),
    unanswered: after.failed - before.failed,
    described: after.described - before.described,
    probeCores: Number((cpuMs / wallMs).toFixed(3)),
    rssMb: Math.round(Math.max(before.rssMb, after.rssMb)),
    startMs: Math.round(node.startMs),
  }
}

async function read(node: SpawnedNode) {
  const text = await (await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
  const usage = usageOf(node.child.pid!)
  if (usage === undefined) throw new Error('the use of a process is read from /proc, which is not here')
  return {
    at: performance.now(),
    ...usage,
    answered: value('ambit_heartbeats_total{answered="yes"}'),
    failed: value('ambit_heartbeats_total{answered="no"}'),
    described: value('ambit_descriptions_total'),
  }
}

/** What the listener for agents costs, where it is there. */
async function handshake(args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const file = new URL('./registry/handshake.ts', import.meta.url)
  if (!existsSync(file)) {
    console.error('handshakes are not measured: bench/registry/handshake.ts is not here')
    return {}
  }
  const { measureHandshakes } = (await import(file.href)) as {
    measureHandshakes: (args: readonly string[]) => Promise<Readonly<Record<string, unknown>>>
  }
  return await measureHandshakes(args)
}
