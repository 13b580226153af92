import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { usageOf } from './process.ts'
import type { Usage } from './process.ts'

/** A node as a user starts it: a process of its own, with a fresh data folder, and its owner signed in. */
export interface RunningNode extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** The owner's session. */
  readonly ambit: Ambit
  readonly session: string
  readonly startMs: number
  readonly child: ChildProcess
  usage(): Usage
}

const startTimeoutMs = 30_000
const stopTimeoutMs = 10_000
const main = fileURLToPath(new URL('../packages/node/src/main.ts', import.meta.url))

export async function startRunningNode(env: NodeJS.ProcessEnv = {}): Promise<RunningNode> {
  const data = mkdtempSync(join(tmpdir(), 'ambit-bench-'))
  const started = performance.now()
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      AMBIT_DATA: data,
      AMBIT_PORT: '0',
      AMBIT_METRICS_PORT: '0',
      AMBIT_ALLOW_ADDRESSES: '127.0.0.0/8,::1',
      AMBIT_LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { url, link } = await readLines(child)
  const startMs = performance.now() - started
  const { session } = await connectAmbit({ url }).people.signIn(new URL(link).searchParams.get('token') ?? '', 'cli')
  if (session === undefined) throw new Error('the node gave no session')
  return {
    url,
    port: Number(new URL(url).port),
    ambit: connectAmbit({ url, token: session }),
    session,
    startMs,
    child,
    usage: () => usageOf(child.pid!) ?? { cpuUs: 0, rssMb: 0 },
    async [Symbol.asyncDispose]() {
      await stop(child)
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Reads the lines the node prints at start until it has said where it is and how to sign in. */
function readLines(child: ChildProcess): Promise<{ url: string; link: string }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the node did not start in time')), startTimeoutMs)
    const lines = createInterface({ input: child.stdout! })
    let url: string | undefined
    child.once('exit', (code) => reject(new Error(`the node ended at start (${code})`)))
    lines.on('line', (line) => {
      url ??= /console\s+(http\S+)/.exec(line)?.[1]
      const link = /sign in\s+(http\S+)/.exec(line)?.[1]
      if (url === undefined || link === undefined) return
      clearTimeout(timer)
      resolve({ url, link })
    })
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await gone
  clearTimeout(timer)
}

/** Registers what answers at a URL (or by a command) and brings it on line with every proposal accepted. */
export async function bringOnline(
  ambit: Ambit,
  source: { url: string } | { command: { program: string; args: string[] } },
  slug: string,
): Promise<void> {
  await ambit.records.register({ ...source, slug, responsible: { name: 'Operations' } })
  await ambit.records.accept(slug)
  await ambit.records.submit(slug)
  await ambit.records.activate(slug)
}
