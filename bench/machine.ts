import { closeSync, constants, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly durability: string
}

/** What a figure was measured on; printed beside every table. */
export function machine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform} ${release()}`,
    node: process.version,
    durability: 'every intent synced to disk (O_DSYNC) before its answer; outcomes within the merge delay',
  }
}

const probeBytes = 4096
const probeRounds = 200

/** One fdatasync of a preallocated block on the disk that holds `folder`, in ms: median of 200. */
export function probeSync(folder: string): { p50Ms: number; p99Ms: number } {
  const directory = mkdtempSync(join(folder, 'sync-probe-'))
  const file = openSync(join(directory, 'block'), constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    const block = Buffer.alloc(probeBytes, 1)
    for (let at = 0; at < 16; at++) writeSync(file, block, 0, probeBytes, at * probeBytes)
    fdatasyncSync(file)
    const times: number[] = []
    for (let round = 0; round < probeRounds; round++) {
      const start = performance.now()
      writeSync(file, block, 0, probeBytes, (round % 16) * probeBytes)
      fdatasyncSync(file)
      times.push(performance.now() - start)
    }
    times.sort((left, right) => left - right)
    return { p50Ms: times[probeRounds / 2]!, p99Ms: times[Math.floor(probeRounds * 0.99)]! }
  } finally {
    closeSync(file)
    rmSync(directory, { recursive: true })
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
