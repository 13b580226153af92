import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

export interface Domain {
  readonly domain: string
  /** `failing`: proved still, but its last checks did not find the proof. */
  readonly state: 'claimed' | 'proved' | 'failing'
  /** What the file `https://<domain>/.well-known/ambit-domain` or a TXT record of `_ambit.<domain>` holds. */
  readonly token: string
  readonly way?: 'file' | 'dns'
  readonly since?: string
  readonly checked?: string
  /** Why the last check failed. */
  readonly problem?: string
}

/**
 * The domains of an organisation, proved by what only their owner can put there.
 *
 * @example
 * ```ts
 * const { token } = await ambit.domains.add('tools.example')
 * // … put the token into a TXT record of _ambit.tools.example
 * const { state } = await ambit.domains.check('tools.example')
 * ```
 */
export function domainCalls({ call }: Connection) {
  return {
    async list({ signal }: Options = {}) {
      return (await call<{ domains: readonly Domain[] }>('GET', '/api/domains', { signal })).domains
    },
    /** Claims it; nothing is proved before the token is found there. */
    async add(domain: string, { signal }: Options = {}) {
      return await call<Domain>('POST', '/api/domains', { body: { domain }, signal })
    },
    async check(domain: string, { signal }: Options = {}) {
      return await call<Domain>('POST', path`/api/domains/${domain}/check`, { body: {}, signal })
    },
    async remove(domain: string, { signal }: Options = {}) {
      await call<undefined>('DELETE', path`/api/domains/${domain}`, { signal })
    },
  }
}
