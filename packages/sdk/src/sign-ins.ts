import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/** An OAuth client that was registered by hand with the authorization server of a tool server. */
export interface SignInClient {
  readonly clientId: string
  readonly clientSecret?: string
  /** PKCS #8 in PEM, in place of a secret. */
  readonly privateKey?: string
  readonly algorithm?: 'ES256' | 'RS256' | 'PS256' | 'Ed25519'
  /** `client_credentials`: the node itself is let in for everyone, and nobody signs in. */
  readonly grant?: 'authorization_code' | 'client_credentials' | 'jwt_bearer'
  /** For `jwt_bearer`: who says who people are. */
  readonly identityProvider?: {
    readonly tokenEndpoint: string
    readonly clientId: string
    readonly clientSecret?: string
  }
  readonly scope?: string
  /** The authorization server it belongs to; left out, the first one the server names. */
  readonly issuer?: string
}

/** Where a person goes to sign in. */
export interface SignInAddress {
  readonly url: string
  readonly expires: string
}

export interface SignInStatus {
  /** The record asks for a sign-in. */
  readonly wanted: boolean
  readonly signedIn: boolean
  readonly forEveryone: boolean
  readonly scopes: readonly string[]
  /** When you signed in. */
  readonly since?: string
  /** When it ends, where it cannot be renewed. */
  readonly expires?: string
}

/** What an authorization server sent a person back with. */
export interface SignInAnswer {
  readonly state: string
  readonly code?: string
  readonly iss?: string
  readonly error?: string
}

/**
 * Signing in to the servers of records, each person for themselves.
 *
 * @example
 * ```ts
 * const { url } = await ambit.signIns.begin('files')
 * console.log(`open ${url} in a browser that is signed in to the console`)
 * ```
 */
export function signInCalls({ call }: Connection) {
  return {
    /** Whether you are signed in to the server of a record. */
    async status(slug: string, { signal }: Options = {}) {
      return await call<SignInStatus>('GET', path`/api/records/${slug}/sign-in`, { signal })
    },
    /** Begins a sign-in; you go on at the address. Needs a session. */
    async begin(slug: string, { signal }: Options = {}) {
      return await call<SignInAddress>('POST', path`/api/records/${slug}/sign-in`, { signal })
    },
    /** Ends what you began. Needs a session. */
    async end(answer: SignInAnswer, { signal }: Options = {}) {
      return await call<{ server: string; slug?: string }>('POST', '/api/sign-ins', { body: answer, signal })
    },
    async forget(slug: string, { signal }: Options = {}) {
      await call<{ forgotten: true }>('DELETE', path`/api/records/${slug}/sign-in`, { signal })
    },
    /** Keeps an ID token of yours, by which your identity provider vouches for you to this server. */
    async putIdentity(slug: string, idToken: string, { signal }: Options = {}) {
      const url = path`/api/records/${slug}/sign-in/identity`
      await call<{ kept: true }>('PUT', url, { body: { idToken }, signal })
    },
    /** Keeps the client that was registered by hand for the server of a record. Operators only. */
    async putClient(slug: string, client: SignInClient, { signal }: Options = {}) {
      await call<{ kept: true }>('PUT', path`/api/records/${slug}/sign-in/client`, { body: client, signal })
    },
  }
}
