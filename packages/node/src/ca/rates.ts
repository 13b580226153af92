import { Fault } from '@ambit/core/fault'
import { BoundedMap } from '../kernel/bounded-map.ts'
import { Bucket } from '../kernel/bucket.ts'
import type { Clock } from '../kernel/clock.ts'
import { senderOf } from '../kernel/sender.ts'

/** Requests of one sender a second that cost a signature or a row. */
const perSecond = 50
const sendersMax = 10_000
/** Bodies on their way at once, 64 KiB each: of one sender, and of all. Slow ones of few keep nobody else out. */
const bodiesOfOneMax = 32
const bodiesMax = 1024

/** How much of the public side of the authority one sender may use. */
export interface Rates {
  /** Throws `ca.too-many`, which says when to try again. The function that it gives is called when the request is over. */
  enter(address: string | undefined, hasBody: boolean): () => void
}

export function createRates(clock: Pick<Clock, 'monotonicMs'>): Rates {
  const buckets = new BoundedMap<string, Bucket>(sendersMax)
  const bodies = new Map<string, number>()
  let all = 0
  return {
    enter(address, hasBody) {
      const sender = senderOf(address)
      const bucket = buckets.get(sender) ?? new Bucket(perSecond)
      buckets.set(sender, bucket)
      const own = bodies.get(sender) ?? 0
      const isFull = hasBody && (own >= bodiesOfOneMax || all >= bodiesMax)
      const retryAfterMs = isFull ? 1000 : bucket.take(clock.monotonicMs())
      if (retryAfterMs > 0)
        throw new Fault('ca.too-many', { detail: 'that address asks too often', extra: { retryAfterMs } })
      if (!hasBody) return () => undefined
      bodies.set(sender, own + 1)
      all += 1
      return () => {
        all -= 1
        const left = bodies.get(sender)! - 1
        if (left === 0) bodies.delete(sender)
        else bodies.set(sender, left)
      }
    },
  }
}
