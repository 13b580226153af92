import { call } from './call.ts'

/** Where the person is signed in. */
export interface Session {
  readonly id: string
  /** `console` or `cli`. */
  readonly client: string
  readonly created: string
  /** Exact to five minutes. */
  readonly lastUsed: string
  readonly expires: string
  /** The one this page uses. */
  readonly current: boolean
}

export async function listSessions(signal: AbortSignal): Promise<readonly Session[]> {
  const { sessions } = await call<{ sessions: readonly Session[] }>('GET', '/sessions', { signal })
  return sessions
}

export async function endSession(id: string): Promise<void> {
  await call('DELETE', `/sessions/${encodeURIComponent(id)}`)
}

/** All but the current one; gives how many. */
export async function endOtherSessions(): Promise<number> {
  const { ended } = await call<{ ended: number }>('POST', '/sessions/end-others')
  return ended
}
