import { Random } from '../../fuzz/random.ts'
import { bits } from './bits.ts'
import { clockSteps } from './clock.ts'
import { database } from './database.ts'
import type { Lane, Tally } from './bed.ts'
import { fullDisk } from './full-disk.ts'
import { kill } from './kill.ts'
import { truncation } from './truncation.ts'

/** The faults, by the name that `--lane` takes. */
export const lanes: Readonly<Record<string, Lane>> = {
  kill,
  truncation,
  bits,
  'full-disk': fullDisk,
  clock: clockSteps,
  database,
}

export interface ChaosOptions {
  readonly lanes: readonly string[]
  readonly short: boolean
  readonly seed: number
  readonly rounds?: number
  readonly progress: (text: string) => void
}

export interface ChaosReport {
  readonly seed: number
  readonly rounds: number
  readonly acknowledged: number
  readonly lost: number
  readonly corrupted: number
  readonly lanes: Readonly<Record<string, Tally & { readonly seconds: number }>>
}

/** Makes one kind of fault after the other. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const done: Record<string, Tally & { seconds: number }> = {}
  for (const name of options.lanes) {
    const lane = lanes[name]
    if (lane === undefined)
      throw new RangeError(`there is no fault ${name}: ${Object.keys(lanes).join(', ')}`)
    const begun = performance.now()
    const tally = await lane({
      random: new Random(options.seed),
      short: options.short,
      ...(options.rounds === undefined ? {} : { rounds: options.rounds }),
      progress: options.progress,
    })
    done[name] = { ...tally, seconds: Math.round((performance.now() - begun) / 1000) }
    if (tally.skipped !== undefined) options.progress(`${name}: skipped: ${tally.skipped}`)
  }
  const sum = (key: 'rounds' | 'acknowledged' | 'lost' | 'corrupted'): number =>
    Object.values(done).reduce((total, tally) => total + tally[key], 0)
  return {
    seed: options.seed,
    rounds: sum('rounds'),
    acknowledged: sum('acknowledged'),
    lost: sum('lost'),
    corrupted: sum('corrupted'),
    lanes: done,
  }
}
