import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { removeData, signInOwner, testSettings } from './start-node.ts'
import type { TestNode, TestNodeOptions } from './start-node.ts'

/** A node as a user starts it: a process of its own. */
export interface SpawnedNode extends TestNode {
  readonly child: ChildProcess
  /** Until it said that it is up. */
  readonly startMs: number
  /** SIGKILL: nothing is written down any more. */
  kill(): Promise<void>
}

const startTimeoutMs = 60_000
const stopTimeoutMs = 15_000
const main = fileURLToPath(new URL('../../node/src/main.ts', import.meta.url))

export interface SpawnOptions extends TestNodeOptions {
  /** Where its log lines go; `pipe` leaves them on `child.stderr` for the caller to read. */
  readonly stderr?: 'inherit' | 'pipe'
  /** Until it says that it is up; left out: a minute. */
  readonly startTimeoutMs?: number
}

/** Starts a node with the flags of `npm start`. */
export async function spawnNode(options: SpawnOptions = {}): Promise<SpawnedNode> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'ambit-node-'))
  const started = performance.now()
  const child = spawn(process.execPath, [...startFlags(), main], {
    env: { ...process.env, ...testSettings(options, data) },
    stdio: ['ignore', 'pipe', options.stderr ?? 'inherit'],
  })
  const { url, link, grpcPort, agentsPort, metricsPort } = await readLines(
    child,
    options.startTimeoutMs ?? startTimeoutMs,
  )
  const startMs = performance.now() - started
  const { ambit, session } = await signInOwner(url, link).catch(async (error: unknown) => {
    // Whoever asked for a node gets none, and is not left with a process that nobody ends.
    await endOf(child, 'SIGKILL')
    throw error
  })
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => await endOf(child, signal)
  return {
    url,
    port: Number(new URL(url).port),
    metricsPort,
    grpcPort,
    agentsPort,
    ambit,
    session,
    data,
    startMs,
    child,
    stop: async () => await end('SIGTERM'),
    kill: async () => await end('SIGKILL'),
    async [Symbol.asyncDispose]() {
      await end('SIGTERM')
      if (options.data === undefined) removeData(data)
    },
  }
}

/** The flags of `npm start`, so that what is tested and measured is what a user starts. */
function startFlags(): string[] {
  const manifest = new URL('../../../package.json', import.meta.url)
  const { scripts } = JSON.parse(readFileSync(manifest, 'utf8')) as { scripts: { start: string } }
  return scripts.start.split(' ').filter((word) => word.startsWith('--'))
}

/** Reads the lines the node prints at start until it has said where it is and how to sign in. */
function readLines(
  child: ChildProcess,
  timeoutMs: number,
): Promise<{ url: string; link: string; grpcPort: number; agentsPort: number; metricsPort: number }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error('the node did not start in time'))
    }, timeoutMs)
    const lines = createInterface({ input: child.stdout! })
    let url: string | undefined
    let link: string | undefined
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the node ended at start (${code})`))
    })
    lines.on('line', (line) => {
      url ??= /console\s+(http\S+)/.exec(line)?.[1]
      link ??= /sign in\s+(http\S+)/.exec(line)?.[1]
      const metricsPort = /metrics on \S+:(\d+)/.exec(line)?.[1]
      if (url === undefined || link === undefined || metricsPort === undefined) return
      clearTimeout(timer)
      const grpcPort = Number(/gRPC on port (\d+)/.exec(line)?.[1] ?? 0)
      const agentsPort = Number(/agents on port (\d+)/.exec(line)?.[1] ?? 0)
      resolve({ url, link, grpcPort, agentsPort, metricsPort: Number(metricsPort) })
    })
  })
}

async function endOf(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await gone
  clearTimeout(timer)
}
