import { tmpdir } from 'node:os'
import type { Report } from './bench.ts'
import { startLoader } from './call/loader.ts'
import type { Loader } from './call/loader.ts'
import { mcpRequest } from './call/message.ts'
import { installPeers, startPeers } from './call/peers.ts'
import { median, probeSync } from './machine.ts'
import { startMeasured, usageOf } from './process.ts'
import { stdioCommand } from './call/peers.ts'
import { bringOnline, startRunningNode } from './running-node.ts'
import type { RunningNode } from './running-node.ts'

/** Rounds of each row; every round runs all rows in turn, so that a busy moment of the machine meets all of them. */
const rounds = 3
const warmUpSeconds = 0.7
const measureSeconds = 2
const sdkConnections = 16

type Row = Readonly<Record<string, string | number>> & {
  name: string
  upstream: string
  concurrency: number
  rps: number
  p50Ms: number
  p99Ms: number
  /** 0 where the process is not ours to measure. */
  cpuUsPerCall: number
}

interface Subject {
  readonly name: string
  readonly upstream: string
  readonly concurrency: number
  readonly port: number
  readonly requests: readonly string[]
  readonly pid: number | undefined
}

/** What a governed call costs, beside the same call direct, through a bare proxy, and through gateways that do less. */
export async function run(): Promise<Report> {
  installPeers()
  const loader = startLoader()
  const canned = await startMeasured(new URL('./call/canned-upstream.ts', import.meta.url))
  const bare = await startMeasured(new URL('./call/bare-proxy.ts', import.meta.url), [
    `http://127.0.0.1:${canned.port}`,
  ])
  const sdk = await startMeasured(new URL('./call/sdk-server.ts', import.meta.url))
  const peers = await startPeers()
  await using node = await startRunningNode()
  const tokens = await prepare(node, canned.port, sdk.port)
  const direct = mcpRequest(undefined)
  const subjects: Subject[] = []
  const add = (
    name: string,
    upstream: string,
    concurrency: number,
    port: number,
    requests: readonly string[],
    pid?: number,
  ) => subjects.push({ name, upstream, concurrency, port, requests, pid })
  for (const concurrency of [1, 8, 32]) {
    add('direct', 'canned', concurrency, canned.port, [direct])
    add('bare proxy', 'canned', concurrency, bare.port, [direct], bare.child.pid)
    add('ambit', 'canned', concurrency, node.port, [mcpRequest(tokens.canned)], node.child.pid)
  }
  add('ambit, irreversible', 'canned', 1, node.port, [mcpRequest(tokens.irreversible)], node.child.pid)
  add('direct', 'SDK over HTTP', sdkConnections, sdk.port, [direct])
  add('ambit', 'SDK over HTTP', sdkConnections, node.port, [mcpRequest(tokens.sdk)], node.child.pid)
  // The peers put a server of standard input and output on HTTP; so does Ambit with the same server.
  add('ambit', 'SDK over stdio', sdkConnections, node.port, [mcpRequest(tokens.stdio)], node.child.pid)
  for (const peer of peers) {
    add(peer.name, 'SDK over stdio', sdkConnections, peer.port, await peer.requests(sdkConnections))
  }
  const { rows, syncs } = await measure(loader, subjects)
  const rssMb = node.usage().rssMb
  for (const peer of peers) peer.stop()
  loader.stop()
  await Promise.all([sdk.stop(), bare.stop(), canned.stop()])
  return { table: rows.map(rounded), json: summary(rows, syncs, rssMb, node.startMs) }
}

async function prepare(node: RunningNode, canned: number, sdk: number) {
  const { ambit } = node
  await bringOnline(ambit, { url: `http://127.0.0.1:${canned}/mcp` }, 'canned')
  await bringOnline(ambit, { url: `http://127.0.0.1:${canned}/mcp?irreversible` }, 'irreversible')
  await bringOnline(ambit, { url: `http://127.0.0.1:${sdk}/mcp` }, 'sdk')
  await bringOnline(ambit, { command: stdioCommand }, 'stdio')
  await setReversibility(node, 'irreversible', 3)
  const token = async (target: string) => {
    // Twenty entries, so that the decision has something to look through.
    const allow = Array.from({ length: 19 }, (_, at) => ({
      target,
      capability: `other_${at}`,
      decision: 'ask' as const,
    }))
    const mandate = await ambit.mandates.grant({
      purpose: 'measure a call',
      allow: [...allow, { target, capability: 'get_weather', decision: 'autonomous' as const }],
    })
    return (await ambit.mandates.connect(mandate.id)).token
  }
  return {
    canned: await token('canned'),
    irreversible: await token('irreversible'),
    sdk: await token('sdk'),
    stdio: await token('stdio'),
  }
}

/** The same tool, declared irreversible by the operator. */
async function setReversibility(node: RunningNode, slug: string, reversibility: 3): Promise<void> {
  const { ambit } = node
  const { capabilities } = await ambit.records.get(slug)
  const profiles = Object.fromEntries(
    capabilities.map(({ id, profile }) => [id, { ...profile, reversibility }]),
  )
  await ambit.records.accept(slug, { profiles })
}

async function measure(
  loader: Loader,
  subjects: readonly Subject[],
): Promise<{ rows: Row[]; syncs: number[] }> {
  const samples = subjects.map(() => ({
    rps: [] as number[],
    p50: [] as number[],
    p99: [] as number[],
    cpu: [] as number[],
  }))
  const syncs: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const [at, subject] of subjects.entries()) {
      if (subject.concurrency === 1) syncs.push(probeSync(tmpdir()).p50Ms)
      const order = { port: subject.port, connections: subject.concurrency, requests: subject.requests }
      await loader.run({ ...order, seconds: warmUpSeconds })
      const before = subject.pid === undefined ? undefined : usageOf(subject.pid)
      const result = await loader.run({ ...order, seconds: measureSeconds })
      const after = subject.pid === undefined ? undefined : usageOf(subject.pid)
      if (result.errors > 0)
        throw new Error(
          `${subject.name} on ${subject.upstream} gave ${result.errors} errors: ${result.firstError}`,
        )
      const sample = samples[at]!
      sample.rps.push(result.calls / result.seconds)
      sample.p50.push(result.p50Ms)
      sample.p99.push(result.p99Ms)
      sample.cpu.push(((after?.cpuUs ?? 0) - (before?.cpuUs ?? 0)) / result.calls)
    }
    console.error(`round ${round + 1} of ${rounds} is done`)
  }
  const rows = subjects.map(({ name, upstream, concurrency }, at) => {
    const { rps, p50, p99, cpu } = samples[at]!
    return {
      name,
      upstream,
      concurrency,
      rps: median(rps),
      p50Ms: median(p50),
      p99Ms: median(p99),
      cpuUsPerCall: median(cpu),
    }
  })
  return { rows, syncs }
}

function summary(
  rows: readonly Row[],
  syncs: readonly number[],
  rssMb: number,
  startMs: number,
): Report['json'] {
  const row = (name: string, upstream: string, concurrency: number) =>
    rows.find(
      (found) => found.name === name && found.upstream === upstream && found.concurrency === concurrency,
    )!
  const syncP50Ms = median(syncs)
  const direct1 = row('direct', 'canned', 1).p50Ms
  const overStdio = row('ambit', 'SDK over stdio', sdkConnections).rps
  const peers = rows.filter((found) => found.upstream === 'SDK over stdio' && found.name !== 'ambit')
  return {
    rows: rows.map(rounded),
    cpuUsPerCall32: row('ambit', 'canned', 32).cpuUsPerCall,
    cpuUsPerCall8: row('ambit', 'canned', 8).cpuUsPerCall,
    ratioToBareProxyPerCpu:
      row('bare proxy', 'canned', 32).cpuUsPerCall / row('ambit', 'canned', 32).cpuUsPerCall,
    syncP50Ms,
    latencyIsVoid: syncP50Ms > 1,
    addedP50BeyondSyncMs: row('ambit', 'canned', 1).p50Ms - direct1 - syncP50Ms,
    irreversibleP50BeyondTwoSyncsMs: row('ambit, irreversible', 'canned', 1).p50Ms - direct1 - 2 * syncP50Ms,
    ratioToSdkDirect:
      row('ambit', 'SDK over HTTP', sdkConnections).rps / row('direct', 'SDK over HTTP', sdkConnections).rps,
    aheadOfPeers: peers.every((peer) => overStdio > peer.rps),
    rssMb,
    startMs,
  }
}

function rounded(row: Row): Row {
  const round = (value: number, digits: number) => Number(value.toFixed(digits))
  return {
    ...row,
    rps: Math.round(row.rps),
    p50Ms: round(row.p50Ms, 3),
    p99Ms: round(row.p99Ms, 2),
    cpuUsPerCall: round(row.cpuUsPerCall, 1),
  }
}
