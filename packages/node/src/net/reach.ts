import { connect } from 'node:net'
import type { Clock } from '../kernel/clock.ts'

/** Whether somebody listens there: `silent` where no answer came in time, as behind a firewall. */
export type Reached = 'open' | 'closed' | 'silent'

export type Reach = (address: string, port: number, signal: AbortSignal) => Promise<Reached>

/** Connects and hangs up: nothing is sent. Only for literal addresses, which whoever calls has looked at. */
export function createReach(clock: Clock, timeoutMs: number): Reach {
  return async (address, port, signal) => {
    const { promise, resolve } = Promise.withResolvers<Reached>()
    const socket = connect({ host: address, port, signal })
    const cancel = clock.after(timeoutMs, () => resolve('silent'))
    socket.once('connect', () => resolve('open'))
    // Also when it is aborted, and once more after it was destroyed.
    socket.on('error', () => resolve('closed'))
    try {
      return await promise
    } finally {
      cancel()
      socket.destroy()
    }
  }
}
