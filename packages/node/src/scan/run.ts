import { Bucket } from '../kernel/bucket.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Reach } from '../net/reach.ts'
import { look } from './look.ts'
import type { LookParts } from './look.ts'
import type { Seen } from './seen.ts'

export interface RunParts extends LookParts {
  readonly reach: Reach
}

export interface Plan {
  readonly addresses: readonly string[]
  readonly ports: readonly number[]
  /** A listener of this node: it is known, so nothing is sent to it. */
  readonly isOwn: (address: string, port: number) => boolean
}

/** Told as it goes. */
export interface Told {
  tried(): void
  own(address: string, port: number): void
  open(address: string, port: number): void
  seen(address: string, port: number, seen: readonly Seen[]): void
}

/** Connections under way at once, and begun a second: a network of one's own is not to feel it. */
const concurrencyMax = 64
const perSecond = 300

/** Tries each port of each address, port by port, so that no one machine gets all of it at once. */
export async function run(parts: RunParts, plan: Plan, told: Told, signal: AbortSignal): Promise<void> {
  const bucket = new Bucket(perSecond)
  const places = placesOf(plan)
  const work = async () => {
    for (const [address, port] of places) {
      await turn(bucket, parts.clock, signal)
      if (signal.aborted) return
      await tryPlace(parts, plan, told, address, port, signal)
      if (signal.aborted) return
      told.tried()
    }
  }
  await Promise.all(Array.from({ length: concurrencyMax }, work))
}

async function tryPlace(
  parts: RunParts,
  { isOwn }: Plan,
  told: Told,
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  if (isOwn(address, port)) {
    told.own(address, port)
    return
  }
  if ((await parts.reach(address, port, signal)) !== 'open') return
  told.open(address, port)
  const seen = await look(parts, address, port, signal)
  if (!signal.aborted) told.seen(address, port, seen)
}

/** One iterator that all workers take from. */
function* placesOf({ addresses, ports }: Plan): Generator<readonly [string, number]> {
  for (const port of ports) for (const address of addresses) yield [address, port]
}

async function turn(bucket: Bucket, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const waitMs = bucket.take(clock.monotonicMs())
    if (waitMs === 0) return
    await new Promise<void>((resolve) => {
      clock.after(waitMs, resolve)
    })
  }
}
