import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Ambit } from '@ambit/sdk/client'
import { startMeasured } from '../process.ts'
import type { Measured } from '../process.ts'
import { bringOnline, startRunningNode } from '../running-node.ts'
import type { RunningNode } from '../running-node.ts'
import type { Asked, Protocol } from './message.ts'

/** A node with the streaming upstream behind it. */
export interface Bed extends AsyncDisposable {
  readonly node: RunningNode
  readonly upstream: Measured
}

export async function startBed(
  env: Readonly<Record<string, string>> = {},
  stderr: 'inherit' | 'pipe' = 'inherit',
): Promise<Bed> {
  const upstream = await startMeasured(new URL('./streaming-upstream.ts', import.meta.url))
  const node = await startRunningNode(env, stderr)
  return {
    node,
    upstream,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]()
      await upstream.stop()
    },
  }
}

/** Registers the upstream at one of its addresses, and gives where and as whom a client asks for it through the node. */
export async function addTarget(
  { node, upstream }: Bed,
  protocol: Protocol | 'many',
  origin = 1,
): Promise<Asked> {
  const slug = `${protocol}-${origin}`
  const place = protocol === 'a2a' ? '/agent/agent-card.json' : protocol === 'many' ? '/many' : '/mcp'
  await bringOnline(node.ambit, { url: `http://127.0.0.${origin}:${upstream.port}${place}` }, slug)
  const token = await tokenFor(node.ambit, slug)
  return { path: protocol === 'a2a' ? `/a2a/${slug}` : '/mcp', token }
}

async function tokenFor(ambit: Ambit, slug: string): Promise<string> {
  const mandate = await ambit.mandates.grant({
    purpose: 'measure streams',
    allow: [{ target: slug, capability: '*', decision: 'autonomous' }],
  })
  return (await ambit.mandates.connect(mandate.id)).token
}

/** The upstream over standard input and output. */
export async function addStdioTarget({ node }: Bed): Promise<Asked> {
  const program = fileURLToPath(new URL('./stdio-upstream.ts', import.meta.url))
  await bringOnline(node.ambit, { command: { program: process.execPath, args: [program], env: {} } }, 'stdio')
  return { path: '/mcp', token: await tokenFor(node.ambit, 'stdio') }
}

/** What the node has open beside its streams. */
const filesBeside = 300
/** At most this part of the streams goes to the upstream over stdio. */
const overStdioMax = 0.05

export interface StreamCounts {
  readonly streams: number
  /** Of these: streams whose upstream is reached over stdio, because the files do not suffice for a socket each. */
  readonly overStdio: number
}

/**
 * A stream is two sockets of the node. Raises the limit of open files for what is started from here on, and gives how
 * many streams fit into it; without the right to raise it, the limit of the machine decides.
 */
export function streamsThatFit(wanted: number): StreamCounts {
  const files = wanted * 2 + filesBeside
  if (filesMax() < files) {
    try {
      execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${files}:${files}`], {
        stdio: 'ignore',
      })
    } catch {
      // No such command, or not allowed: as many streams are opened as the limit lets.
    }
  }
  const missing = Math.max(0, files - filesMax())
  return missing <= wanted * overStdioMax
    ? { streams: wanted, overStdio: missing }
    : { streams: Math.max(0, Math.floor((filesMax() - filesBeside) / 2)), overStdio: 0 }
}

/** Of this process: the runtime raises its own limit as far as it may when it starts. */
function filesMax(): number {
  const line = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
  return Number(line?.[1] ?? '0')
}
