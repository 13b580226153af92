import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** In a measured child: tells the parent where it listens. */
export function listening(port: number): void {
  process.send?.({ port })
  // A child never outlives the benchmark.
  process.on('disconnect', () => process.exit(0))
}

export interface Usage {
  /** CPU time of the whole process, all threads, in µs. */
  readonly cpuUs: number
  readonly rssMb: number
}

/** In a measured child: answers `usage` with what this process used so far. */
export function answerUsage(): void {
  process.on('message', (message) => {
    if (message !== 'usage') return
    const { user, system } = process.cpuUsage()
    process.send?.({
      usage: { cpuUs: user + system, rssMb: process.memoryUsage.rss() / 1024 / 1024 } satisfies Usage,
    })
  })
}

export interface Measured {
  readonly port: number
  readonly child: ChildProcess
  usage(): Promise<Usage>
  /** Sends a word and gives the answer that has a member of that name. */
  ask<T>(word: string): Promise<T>
  stop(): Promise<void>
}

const startTimeoutMs = 30_000

/** Starts a TypeScript file of ours as a process of its own and waits until it says where it listens. */
export async function startMeasured(
  file: URL,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Measured> {
  const child = fork(fileURLToPath(file), args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { port } = await message<{ port: number }>(child, 'port')
  return {
    port,
    child,
    async usage() {
      child.send('usage')
      return (await message<{ usage: Usage }>(child, 'usage')).usage
    },
    async ask<T>(word: string) {
      child.send(word)
      return await message<T>(child, word)
    },
    async stop() {
      if (child.exitCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await gone
      clearTimeout(timer)
    },
  }
}

function message<T>(child: ChildProcess, member: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => finish(new Error(`the process did not answer (${member})`)),
      startTimeoutMs,
    )
    const exited = () => finish(new Error(`the process ended before it answered (${member})`))
    function take(received: unknown): void {
      if (typeof received !== 'object' || received === null || !(member in received)) return
      finish(undefined, received as T)
    }
    function finish(error: Error | undefined, value?: T): void {
      clearTimeout(timer)
      child.off('message', take)
      child.off('exit', exited)
      if (error === undefined) resolve(value as T)
      else reject(error)
    }
    child.on('message', take)
    child.once('exit', exited)
  })
}

/** CPU time and memory of a process that is not ours, from /proc; undefined where there is none. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return { cpuUs: (ticks / 100) * 1e6, rssMb: (pages * 4096) / 1024 / 1024 }
  } catch {
    // The process is gone, or this is no Linux: there is nothing to say.
    return undefined
  }
}
