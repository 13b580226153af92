import { randomBytes, randomFillSync } from 'node:crypto'

/** A clock that stands still until told; timers run when `advance` passes them, in order. */
export interface HandClock {
  now(): number
  monotonicMs(): number
  random(bytes: number): Buffer
  fill(buffer: Buffer): void
  after(ms: number, run: () => void): () => void
  advance(ms: number): void
  readonly timers: number
}

export function handClock(start = Date.UTC(2026, 0, 1)): HandClock {
  let now = start
  let timers: { at: number; run: () => void }[] = []
  return {
    now: () => now,
    monotonicMs: () => now - start,
    random: (bytes) => randomBytes(bytes),
    fill: (buffer) => {
      randomFillSync(buffer)
    },
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((each) => each !== timer)
      }
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((left, right) => left.at - right.at)[0]
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
    },
    get timers() {
      return timers.length
    },
  }
}
