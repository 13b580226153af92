import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '@ambit/node/kernel/clock'
import { noteSigner, openFileGuard, openLedger } from '@ambit/node/ledger/ledger'
import type { Ledger } from '@ambit/node/ledger/ledger'

const origin = 'bench.example/log'
const signer = noteSigner(origin, generateKeyPairSync('ed25519').privateKey)
/** One entry in so many is timed, so that the clock does not weigh on the rate. */
const timedEach = 16

export interface Rate {
  readonly perS: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of the whole process, all threads and the kernel on its behalf, for each entry. */
  readonly cpuUs: number
}

/** A finished entry of so many bytes. */
export function entryOf(bytes: number): string {
  const frame = JSON.stringify({ kind: 'bench', pad: '' }).length
  return JSON.stringify({ kind: 'bench', pad: 'x'.repeat(Math.max(0, bytes - frame)) })
}

/** The log below a folder; opened again it goes on. A failure ends the benchmark. */
export async function openBenchLog(folder: string): Promise<Ledger> {
  return openLedger({
    directory: join(folder, 'log'),
    origin,
    signer,
    guard: await openFileGuard(join(folder, 'guard')),
    clock: systemClock,
    onFailure: (fault) => {
      throw fault
    },
  })
}

/** Each acknowledged entry is followed by the next, until the time is over or so many are written. */
export async function closedLoop(
  ledger: Ledger,
  entry: string,
  inFlight: number,
  until: { readonly ms: number } | { readonly entries: number },
): Promise<Rate> {
  const ms = 'ms' in until ? until.ms : Infinity
  const entries = 'entries' in until ? until.entries : Infinity
  const times: number[] = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  let sent = 0
  let done = 0
  await new Promise<void>((resolve) => {
    let isOver = false
    const acknowledged = (): void => {
      done++
      if (done % 256 === 0 || inFlight < 256) isOver ||= performance.now() - start >= ms
      if (!isOver && sent < entries) one()
      else if (done === sent) resolve()
    }
    const next = (fault: Error | undefined): void => {
      if (fault !== undefined) throw fault
      acknowledged()
    }
    const one = (): void => {
      if (sent++ % timedEach !== 0) return ledger.append(entry, next)
      const begun = performance.now()
      ledger.append(entry, (fault) => {
        if (ms !== Infinity) times.push(performance.now() - begun)
        next(fault)
      })
    }
    for (let each = 0; each < Math.min(inFlight, entries); each++) one()
  })
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { perS: Math.round(done / seconds), ...quantiles(times), cpuUs: (user + system) / done }
}

export function quantiles(times: number[]): { p50Ms: number; p99Ms: number } {
  times.sort((left, right) => left - right)
  return { p50Ms: times[times.length >> 1] ?? 0, p99Ms: times[Math.floor(times.length * 0.99)] ?? 0 }
}

export function round2(value: number): number {
  return Math.round(value * 100) / 100
}
