import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Upstream } from '../net/upstream.ts'
import type { Store } from '../store/store.ts'
import { everyone } from '../vault/vault.ts'
import type { Vault } from '../vault/vault.ts'
import { begin, complete } from './beginning.ts'
import type { SignInAddress } from './beginning.ts'
import { readBearer, scopesIn, scopeUnion } from './challenge.ts'
import type { BearerChallenge, Challenge } from './challenge.ts'
import { checkClientSettings } from './client.ts'
import type { ClientSettings } from './client.ts'
import { Grants } from './grants.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { init } from './migrations/001-init.ts'
import { createSignInReader, createSignInWriter } from './signin-store.ts'

export { challengeIn } from './challenge.ts'
export type { Challenge } from './challenge.ts'
export { clientSettingsSchema } from './client.ts'
export type { ClientSettings } from './client.ts'
export type { SignInAddress } from './beginning.ts'

/** Name, in the security of an interface, of the credential that a sign-in gives. */
export const signInSecret = 'oauth'

/** Whose sign-in: a person of an organisation, or `*` for everyone of it. */
export interface Who {
  readonly organization: string
  readonly person: string
}

/** What helps after a server refused a request. */
export type Remedy =
  /** Its token was renewed: the same request may go through now. */
  | 'renewed'
  /** The person signs in, for the first time or for more. */
  | 'sign-in'
  /** Nothing that this node or the person could do. */
  | 'denied'

export interface SignInStatus {
  readonly signedIn: boolean
  /** Nobody signs in: the node itself, or one sign-in, serves everyone. */
  readonly forEveryone: boolean
  readonly scopes: readonly string[]
  /** In ms: when the person signed in. */
  readonly since?: number
  /** In ms, where the token ends and cannot be renewed. */
  readonly expires?: number
}

/**
 * Sign-ins to servers that want OAuth (MCP 2026-07-28 and 2025-11-25, basic/authorization): the client's side. What is
 * obtained belongs to one person and one server, by its address, and is sent nowhere else.
 */
export interface SignIns extends AsyncDisposable {
  /** `Bearer …` from memory alone: undefined when it must be loaded or renewed first, null when there is none. */
  peek(organization: string, person: string, server: string): string | null | undefined
  /** The same, loaded and renewed as needed. Throws when the authorization server cannot be reached. */
  authorization(organization: string, person: string, server: string): Promise<string | undefined>
  /** What to do about a request that a server refused; undefined: the refusal is about something else. */
  refused(
    who: Who,
    server: string,
    challenge: Challenge,
    used: string | undefined,
  ): Promise<Remedy | undefined>
  /** Where the person signs in to a server. Throws `sign-in.unavailable`. */
  begin(who: Who, server: string, slug?: string): Promise<SignInAddress>
  /** Takes what the person came back with. Throws `sign-in.*`. */
  complete(who: Who, answer: URLSearchParams): Promise<{ readonly server: string; readonly slug?: string }>
  status(who: Who, server: string): Promise<SignInStatus>
  /** Forgets what the person was given. */
  forget(who: Who, server: string): Promise<void>
  /** The client that an operator registered by hand for a server. */
  setClient(organization: string, server: string, settings: ClientSettings): Promise<void>
  /** Keeps an ID token of the person, for a server whose client has the grant `jwt_bearer`. */
  setIdentity(who: Who, server: string, idToken: string): Promise<void>
  /** Where people come back to. */
  redirect(): string
  /** https address of this node's client document; undefined while it has none. */
  document(): string | undefined
}

export interface SignInParts {
  readonly store: Store
  readonly keyring: Keyring
  readonly bus: Bus
  readonly clock: Clock
  readonly vault: Vault
  readonly upstream: Upstream
  /** Public address of the node. */
  readonly origin: () => string
  /** Address of a client document that is published elsewhere. */
  readonly clientDocument: string | undefined
}

/** A token that was refused this soon after it was given would be refused again. */
const freshMs = 30_000
/** Servers whose demands are remembered in memory, so that the same one is not written again and again. */
const wantedMax = 5000

export async function openSignIns(parts: SignInParts): Promise<SignIns> {
  const { store: rows, vault, clock, bus, origin } = parts
  await rows.migrate({ domain: 'signin', steps: [init] })
  const store = { ...createSignInReader(rows), ...createSignInWriter(rows) }
  const fetch = createGuardedFetch(parts.upstream, clock)
  const redirect = () => `${origin()}/oauth/callback`
  const document = () => {
    if (parts.clientDocument !== undefined) return parts.clientDocument
    return origin().startsWith('https:') ? `${origin()}/oauth/client.json` : undefined
  }
  async function known(organization: string, server: string): Promise<BearerChallenge> {
    const row = await store.wanted({ organization, person: everyone, server })
    return row === undefined || row.metadata === '' ? {} : { resourceMetadata: row.metadata }
  }
  const grants = new Grants({ fetch, vault, clock, bus, known })
  const room = { ...parts, store, fetch, grants, redirect, document }
  const wanted = new BoundedMap<string, string>(wantedMax)

  async function remember(who: Who, server: string, metadata: string, scope: string): Promise<void> {
    const key = JSON.stringify([who.organization, who.person, server])
    const value = JSON.stringify([metadata, scope])
    if (wanted.get(key) === value) return
    await store.putWanted({ organization: who.organization, person: who.person, server, metadata, scope })
    wanted.set(key, value)
  }

  return {
    peek: (organization, person, server) => grants.peek(organization, person, server),
    authorization: async (organization, person, server) =>
      await grants.authorization({ organization, person }, server),
    async refused(who, server, { status, header }, used) {
      const bearer = readBearer(header)
      const grant = await grants.read(who, server)
      if (status === 401) {
        const { resourceMetadata = '', scope = '' } = bearer
        const all = { organization: who.organization, person: everyone }
        if (resourceMetadata !== '' || scope !== '') await remember(all, server, resourceMetadata, scope)
        if (grant === undefined) return await grants.missing(who, server)
        return await grants.rejected(who, grant, used, freshMs)
      }
      if (bearer.error !== 'insufficient_scope') return undefined
      const asked = scopesIn(bearer.scope)
      if (grant !== undefined && asked.every((scope) => grant.asked.includes(scope))) return 'denied'
      const scopes = scopeUnion(grant?.asked ?? [], asked).join(' ')
      await remember(who, server, bearer.resourceMetadata ?? '', scopes)
      return 'sign-in'
    },
    begin: async (who, server, slug) => await begin(room, who, server, slug),
    complete: async (who, answer) => await complete(room, who, answer),
    async status(who, server) {
      const grant = await grants.read(who, server)
      if (grant === undefined)
        return { signedIn: false, forEveryone: await grants.isClient(who.organization, server), scopes: [] }
      const { expiresAt, refreshToken, scopes, person, since } = grant
      const ends = refreshToken === undefined ? expiresAt : undefined
      return {
        signedIn: ends === undefined || ends > clock.now(),
        forEveryone: person === everyone,
        scopes,
        since,
        ...(ends === undefined ? {} : { expires: ends }),
      }
    },
    async forget({ organization, person }, server) {
      await vault.remove(organization, person, server, signInSecret)
    },
    async setClient(organization, server, settings) {
      checkClientSettings(settings)
      await grants.setClient(organization, server, settings)
    },
    setIdentity: async (who, server, idToken) => await grants.setIdentity(who, server, idToken),
    redirect,
    document,
    async [Symbol.asyncDispose]() {
      grants.close()
    },
  }
}

/** Refuses what is no address of the web, such as a program of this machine. Throws `input.invalid`. */
export function refuseNoServer(text: string): void {
  const url = URL.parse(text)
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return
  throw new Fault('input.invalid', {
    detail: 'one signs in to servers that have a web address',
    where: 'url',
  })
}
