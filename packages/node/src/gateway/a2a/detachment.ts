import type { Holder } from '../../authority/authority.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { ActHandle } from '../gateway.ts'

/** Acts of one holder that go on without their caller: a client that leaves each call it makes is stopped here. */
const perHolderMax = 100
/** How long such an act goes on; a task that takes longer is asked for, subscribed to or pushed. */
const goOnMs = 3_600_000
/** What is still read of its stream, only to know how it ends. */
const readBytesMax = 64 * 1024 * 1024

/** What a call tells of itself once its caller has left. */
export interface Detachment {
  /** So much more came that nobody gets. */
  read(bytes: number): void
  over(): void
}

/**
 * A client that leaves a stream or a blocking call has not cancelled its task (A2A 1.0, sections 3.1.1 and 3.5.2): the
 * act goes on to its end, so that its outcome and its receipt are true. Only CancelTask, a recall or revocation, and
 * the limits named here stop it.
 */
export interface Detachments {
  /** Undefined when the act was stopped instead: its holder has left as many as it may. */
  take(handle: ActHandle, holder: Holder): Detachment | undefined
}

export function createDetachments(clock: Clock): Detachments {
  const counts = new Map<string, number>()
  function leave(holder: string): void {
    const left = (counts.get(holder) ?? 1) - 1
    if (left === 0) counts.delete(holder)
    else counts.set(holder, left)
  }
  return {
    take(handle, { key }) {
      const count = counts.get(key) ?? 0
      if (count >= perHolderMax) {
        handle.cancel(`its caller left, and ${perHolderMax} acts of this holder go on without one already`)
        return undefined
      }
      counts.set(key, count + 1)
      const stopTimer = clock.after(goOnMs, () =>
        handle.cancel(`its caller left, and it took longer than ${goOnMs / 60_000} minutes since`),
      )
      // Nobody reads any more, so nothing drains: what was held back for a slow reader goes on.
      handle.resume()
      return detachment(handle, () => {
        stopTimer()
        leave(key)
      })
    },
  }
}

function detachment(handle: ActHandle, end: () => void): Detachment {
  let bytes = 0
  let ended = false
  return {
    read(more) {
      bytes += more
      if (bytes > readBytesMax)
        handle.cancel(`its caller left, and more than ${readBytesMax} bytes came since`)
    },
    over() {
      if (ended) return
      ended = true
      end()
    },
  }
}
