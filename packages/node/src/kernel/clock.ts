import { randomBytes, randomFillSync } from 'node:crypto'

/** The only source of time and chance; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds that never go back, for durations. */
  monotonicMs(): number
  random(bytes: number): Buffer
  fill(buffer: Buffer): void
  /** Runs later; the returned function cancels. Never keeps the process alive. */
  after(ms: number, run: () => void): () => void
}

/** Timers above this overflow Node's 32-bit delay and would fire at once. */
const delayMsMax = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: (bytes) => randomBytes(bytes),
  fill: (buffer) => {
    randomFillSync(buffer)
  },
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, ms), delayMsMax))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

let lastMs = -1
let lastText = ''

/** RFC 3339 in UTC; the text of one millisecond is made once. */
export function timeText(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms
    lastText = new Date(ms).toISOString()
  }
  return lastText
}
