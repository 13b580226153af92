import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'
import type { Me } from './people.ts'

export interface Passkey {
  readonly id: string
  readonly name: string
  /** The host of the console that it works at. */
  readonly host: string
  readonly created: string
  readonly lastUsed?: string
}

/** Options of a browser and what it gives back, as JSON (`PublicKeyCredential.parseCreationOptionsFromJSON`, `toJSON`). */
export type BrowserJson = Readonly<Record<string, unknown>>

/**
 * Your passkeys. A browser makes and uses them; what it takes and gives is passed on as it is.
 *
 * @example
 * ```ts
 * const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await ambit.passkeys.options())
 * const made = await navigator.credentials.create({ publicKey })
 * await ambit.passkeys.add('this laptop', made.toJSON())
 * ```
 */
export function passkeyCalls({ call }: Connection) {
  return {
    async list({ signal }: Options = {}) {
      return (await call<{ passkeys: readonly Passkey[] }>('GET', '/api/passkeys', { signal })).passkeys
    },
    /** For `navigator.credentials.create`; within ten minutes of signing in. */
    async options({ signal }: Options = {}) {
      return await call<BrowserJson>('POST', '/api/passkeys/options', { signal })
    },
    async add(name: string, response: unknown, { signal }: Options = {}) {
      return await call<Passkey>('POST', '/api/passkeys', { body: { name, response }, signal })
    },
    async rename(id: string, name: string, { signal }: Options = {}) {
      await call<undefined>('PATCH', path`/api/passkeys/${id}`, { body: { name }, signal })
    },
    /** `warning` says what no longer works when it was the last. */
    async remove(id: string, { signal }: Options = {}) {
      return await call<{ left: number; warning?: string }>('DELETE', path`/api/passkeys/${id}`, { signal })
    },
    /** For `navigator.credentials.get`; nobody needs to be signed in. */
    async signInOptions({ signal }: Options = {}) {
      return await call<BrowserJson>('POST', '/api/sign-in/passkey/options', { signal })
    },
    /** A console gets a cookie instead of `session`. */
    async signIn(response: unknown, client: 'console' | 'cli' = 'console', { signal }: Options = {}) {
      const body = { response, client }
      return await call<{ session?: string; me: Me }>('POST', '/api/sign-in/passkey/verify', { body, signal })
    },
  }
}
