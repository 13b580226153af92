import { call } from './call.ts'
import type { Recalled } from './types.ts'

/** A record that those who run the node took away. */
export interface Takedown {
  /** Identity code. */
  readonly record: string
  readonly slug: string
  readonly reason: string
  readonly since: string
  readonly organization: string
  /** Id of the person who did it. */
  readonly by: string
}

export interface TakedownOrder {
  /** Identity code; of the organisation that runs the node, a name too. */
  readonly record: string
  readonly reason: string
  /** Nothing at its hosts can be registered, not only its own addresses. */
  readonly wholeHosts?: boolean
  /** Also suspends what is made of it, whosever it is. */
  readonly dependants?: boolean
}

export async function listTakedowns(signal: AbortSignal): Promise<readonly Takedown[]> {
  return (await call<{ takedowns: readonly Takedown[] }>('GET', '/takedowns', { signal })).takedowns
}

export async function takeDown(order: TakedownOrder): Promise<Recalled> {
  return await call<Recalled>('POST', '/takedowns', { body: order })
}

export async function liftTakedown(record: string, note: string): Promise<void> {
  await call('POST', `/takedowns/${encodeURIComponent(record)}/lift`, { body: { note } })
}
