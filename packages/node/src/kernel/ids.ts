import type { Clock } from './clock.ts'

const poolBytes = 4096
const chanceBytes = 10

/** Makes ids: 32 hexadecimal digits, 48 bits of time then 80 of chance, so that they sort by time. */
export interface Ids {
  next(): string
}

/** Draws chance from a pool that is refilled at once when used up; no byte is used twice. */
export function createIds(clock: Clock): Ids {
  const pool = Buffer.allocUnsafeSlow(poolBytes)
  let used = poolBytes
  return {
    next() {
      if (used + chanceBytes > poolBytes) {
        clock.fill(pool)
        used = 0
      }
      const chance = pool.toString('hex', used, used + chanceBytes)
      used += chanceBytes
      return clock.now().toString(16).padStart(12, '0') + chance
    },
  }
}

/** A short id with a prefix that says what it names: `m_…` a mandate, `r_…` a ruling. */
export function namedId(ids: Ids, prefix: string): string {
  return `${prefix}_${ids.next()}`
}
