import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

export interface Session {
  readonly id: string
  readonly client: string
  readonly created: string
  /** Exact to five minutes. */
  readonly lastUsed: string
  readonly expires: string
  /** Whether you asked with it. */
  readonly current: boolean
}

/** Where you are signed in; owners also see and end the sessions of their people. Ending one takes effect at once. */
export function sessionCalls({ call }: Connection) {
  return {
    /** Of a person of yours, where one is named. */
    async list(person?: string, { signal }: Options = {}) {
      const url = person === undefined ? '/api/sessions' : path`/api/people/${person}/sessions`
      return (await call<{ sessions: readonly Session[] }>('GET', url, { signal })).sessions
    },
    async end(id: string, person?: string, { signal }: Options = {}) {
      const url =
        person === undefined ? path`/api/sessions/${id}` : path`/api/people/${person}/sessions/${id}`
      await call<undefined>('DELETE', url, { signal })
    },
    /** All of yours but the one you ask with; gives how many. */
    async endOthers({ signal }: Options = {}) {
      return (await call<{ ended: number }>('POST', '/api/sessions/end-others', { signal })).ended
    },
  }
}
