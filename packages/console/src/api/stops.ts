import { call } from './call.ts'

export type StopWhat = 'everything' | 'person' | 'agent' | 'mandate'

/** Somebody pulled the plug. */
export interface Stop {
  readonly id: string
  readonly what: StopWhat
  /** AIC of the agent, id of the mandate or of the person; absent: everything of the organisation. */
  readonly subject?: string
  /** In whose name the acts are that it reaches; absent: in anybody's. */
  readonly name?: string
  /** Principal id of whoever set it. */
  readonly by: string
  readonly at: string
  readonly note?: string
  readonly lifted?: string
  readonly liftedBy?: string
}

export interface StopOrder {
  readonly what: StopWhat
  /** Left out for `everything`, and for what is done in one's own name. */
  readonly subject?: string
  /** Of an agent: its acts in one's own name (the default), or in anybody's (owners). */
  readonly scope?: 'mine' | 'organization'
  readonly note?: string
}

/** How far a stop reached when it was set. */
export interface Stopped {
  readonly stop: Stop
  /** Acts under way that it ended. */
  readonly stopped: number
  readonly acts: readonly string[]
  readonly tookMs: number
}

/** What proves a stop to anybody: its entry of the activity log, and a proof file that it stands there. */
export interface StopProof {
  readonly index: number
  /** The canonical JSON text of the entry. */
  readonly entry: string
  readonly origin: string
  readonly vkey: string
  /** A proof file (c2sp.org/tlog-proof). */
  readonly proof: string
}

/** Stops shown at most; more in force at a time than these nobody keeps apart. */
const stopsMax = 50

/** Those in force that concern whoever asks, the newest first. */
export async function listStops(signal: AbortSignal): Promise<readonly Stop[]> {
  const query = { inForce: '1', limit: stopsMax }
  return (await call<{ stops: readonly Stop[] }>('GET', '/stops', { query, signal })).stops
}

export async function setStop(order: StopOrder): Promise<Stopped> {
  return await call<Stopped>('POST', '/stops', { body: order })
}

export async function liftStop(id: string): Promise<void> {
  await call('POST', `/stops/${encodeURIComponent(id)}/lift`)
}

export async function getStopProof(id: string): Promise<StopProof> {
  return await call<StopProof>('GET', `/stops/${encodeURIComponent(id)}/proof`)
}
