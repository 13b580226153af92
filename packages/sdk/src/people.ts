import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

export type RoleName = 'owner' | 'approver' | 'operator' | 'auditor'

export interface Me {
  readonly person: { readonly id: string; readonly name: string }
  readonly organization: { readonly id: string; readonly name: string }
  readonly roles: readonly RoleName[]
  /** A session may decide approvals; an API token may not. */
  readonly by: 'session' | 'token'
}

export interface Person {
  readonly id: string
  readonly name: string
  readonly roles: readonly RoleName[]
}

/** What was erased of a person. */
export interface Erased {
  /** Half-years whose keys were destroyed, `2026h2`; none: there was nothing. */
  readonly periods: readonly string[]
  /** The entry of the log. With the salt, which the node does not keep, it is shown to be about this person. */
  readonly entry?: { readonly index: number; readonly subject: string; readonly salt: string }
}

export interface ApiToken {
  readonly id: string
  readonly name: string
  readonly created: string
  readonly expires?: string
}

/**
 * Who you are, who else there is, and the tokens of programs that act for you.
 *
 * @example
 * ```ts
 * const { session } = await connectAmbit({ url }).people.signIn(tokenOfTheLink, 'cli')
 * const ambit = connectAmbit({ url, token: session })
 * ```
 */
export function peopleCalls({ call }: Connection) {
  return {
    /** Uses up a one-time link. A console gets a cookie instead of `session`. */
    async signIn(token: string, client: 'console' | 'cli' = 'console', { signal }: Options = {}) {
      const body = { token, client }
      return await call<{ session?: string; me: Me }>('POST', '/api/sign-in', { body, signal })
    },
    async signOut({ signal }: Options = {}) {
      await call<undefined>('POST', '/api/sign-out', { signal })
    },
    async me({ signal }: Options = {}) {
      return await call<Me>('GET', '/api/me', { signal })
    },
    async list({ signal }: Options = {}) {
      const reply = await call<{ people: readonly Person[] }>('GET', '/api/people', { signal })
      return reply.people
    },
    async add(person: { name: string; roles: readonly RoleName[] }, { signal }: Options = {}) {
      return await call<{ person: Person; signInLink: string; expires: string }>('POST', '/api/people', {
        body: person,
        signal,
      })
    },
    async change(
      id: string,
      changes: { name?: string; roles?: readonly RoleName[] },
      { signal }: Options = {},
    ) {
      return await call<Person>('PATCH', path`/api/people/${id}`, { body: changes, signal })
    },
    async signInLink(id: string, { signal }: Options = {}) {
      const url = path`/api/people/${id}/sign-in-link`
      return await call<{ signInLink: string; expires: string }>('POST', url, { signal })
    },
    /** Erases what was said in the acts of a person, for good; the log and its proofs stay. */
    async erase(
      id: string,
      { ground, period }: { ground: string; period?: string },
      { signal }: Options = {},
    ) {
      const body = { ground, ...(period === undefined ? {} : { period }) }
      return await call<Erased>('POST', path`/api/people/${id}/erase`, { body, signal })
    },
    /** Keeps it, but opens and erases it for nobody until it is released. */
    async freeze(id: string, { ground }: { ground: string }, { signal }: Options = {}) {
      await call<undefined>('POST', path`/api/people/${id}/freeze`, { body: { ground }, signal })
    },
    async release(id: string, { signal }: Options = {}) {
      await call<undefined>('POST', path`/api/people/${id}/release`, { signal })
    },
    /** Yours; an owner may name a person. */
    async tokens({ signal, person }: Options & { readonly person?: string } = {}) {
      const url = person === undefined ? '/api/tokens' : path`/api/people/${person}/tokens`
      return (await call<{ tokens: readonly ApiToken[] }>('GET', url, { signal })).tokens
    },
    /** The token itself is shown this once. */
    async createToken(token: { name: string; expiresInDays?: number }, { signal }: Options = {}) {
      return await call<ApiToken & { readonly token: string }>('POST', '/api/tokens', { body: token, signal })
    },
    /** Yours; an owner may name a person. */
    async revokeToken(id: string, { signal, person }: Options & { readonly person?: string } = {}) {
      const url = person === undefined ? path`/api/tokens/${id}` : path`/api/people/${person}/tokens/${id}`
      await call<undefined>('DELETE', url, { signal })
    },
  }
}
