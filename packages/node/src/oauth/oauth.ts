import type { Provider } from 'oidc-provider'
import { newToken } from '../authority/authority.ts'
import type { OpenAuthority } from '../authority/authority.ts'
import type { Proves, SenderOf } from '../gateway/authentication.ts'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DataPath } from '../kernel/data-path.ts'
import { createHostNames } from '../kernel/host-names.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Log } from '../kernel/log.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Upstream } from '../net/upstream.ts'
import type { Registry } from '../registry/registry.ts'
import type { Store } from '../store/store.ts'
import type { KnownAccount, ServerParts } from './authorization-server.ts'
import { createConnections } from './connections.ts'
import type { Connections } from './connections.ts'
import { createConsents } from './consents.ts'
import type { Consents } from './consents.ts'
import { createOAuthPath } from './data-path.ts'
import { createDocumentFetch } from './document-fetch.ts'
import { createProofs } from './dpop.ts'
import type { ReadProof } from './dpop.ts'
import { createEntries } from './entries.ts'
import { exchange } from './exchange.ts'
import { init } from './migrations/001-init.ts'
import { createOAuthReader, createOAuthWriter } from './oauth-store.ts'
import { standingMandate } from './standing.ts'

/** How often what is over is forgotten. */
const sweepMs = 10 * 60_000

/** This node as authorization server for the clients that come to it (MCP authorization, RFC 8414, RFC 9728). */
export interface OAuth extends AsyncDisposable {
  readonly dataPath: DataPath
  readonly consents: Consents
  readonly connections: Connections
  readonly now: () => number
  /** Forgets what is over; by itself it is done every few minutes. */
  sweep(): Promise<void>
}

export interface OAuthParts {
  readonly store: Store
  readonly keyring: Keyring
  readonly identity: Pick<Identity, 'callerOf' | 'person'>
  readonly authority: Pick<OpenAuthority, 'authenticate' | 'present' | 'mandates'>
  readonly registry: Pick<Registry, 'heads' | 'target'>
  /** Fetches the documents of clients: guarded, and closed by whoever made it. */
  readonly upstream: Upstream
  /** Public address of the node; known once it listens. */
  readonly origin: () => string
  /** Names the node answers for beside those of loopback. */
  readonly hosts: readonly string[]
  /** Of `createKeyProofs`: what was used once counts no second time, wherever it is shown. */
  readonly readProof: ReadProof
  /** Agents that prove who they are by their connection; left out: none does. */
  readonly senderOf?: SenderOf
  readonly clock: Clock
  readonly log: Log
}

/** Proofs of possession of keys that tokens belong to (RFC 9449): also where clients may not log in by themselves. */
export interface KeyProofs {
  readonly read: ReadProof
  /** Reads the proof of a request that carries a token (section 7). */
  readonly proves: Proves
}

export function createKeyProofs(clock: Clock, origin: () => string): KeyProofs {
  const read = createProofs(clock)
  return { read, proves: createProving(read, origin) }
}

export async function openOAuth(parts: OAuthParts): Promise<OAuth> {
  const { keyring, clock, log, origin, identity } = parts
  const { mandates } = parts.authority
  await parts.store.migrate({ domain: 'oauth', steps: [init] })
  const store = { ...createOAuthReader(parts.store), ...createOAuthWriter(parts.store) }
  const entries = createEntries({ store, keyring, clock, mandates })
  const connections = createConnections({ store, entries, mandates, clock })
  const names = createHostNames(parts.hosts)
  async function account(person: string, connection: string | undefined): Promise<KnownAccount | undefined> {
    const known = await identity.person(person)
    if (known === undefined || known.roles.length === 0) return undefined
    const endsAt = connection === undefined ? Infinity : await endOf(connection)
    if (endsAt === undefined) return undefined
    return { accountId: person, claims: () => ({ sub: person }), endsAt }
  }
  async function endOf(connection: string): Promise<number | undefined> {
    const row = await store.connection(connection)
    if (row === undefined || row.ended !== null) return undefined
    return (await standingMandate(mandates, row.mandate))?.expiresAt
  }
  const fetch = createDocumentFetch(parts.upstream, clock)
  const provider = lazily(async () => {
    const { createAuthorizationServer } = await import('./authorization-server.ts')
    const server = createAuthorizationServer({
      issuer: origin(),
      names,
      keyring,
      entries,
      fetch,
      account,
      now: () => clock.now(),
      newToken: () => newToken(clock),
    } satisfies ServerParts)
    server.on('grant.revoked', (_context, connection) => {
      connections
        .ended(connection)
        .catch((error: unknown) => log.error('oauth.connection-not-ended', { error: String(error) }))
    })
    server.on('server_error', (_context, error) => log.error('oauth.failed', { error: String(error) }))
    return server
  })
  async function sweep(): Promise<void> {
    await mandates.tokens.forget(await store.sweep(clock.now()))
  }
  let cancel = clock.after(sweepMs, sweepLater)
  function sweepLater(): void {
    cancel = clock.after(sweepMs, sweepLater)
    sweep().catch((error: unknown) => log.error('oauth.sweep-failed', { error: String(error) }))
  }
  const readProof = createProofs(clock)
  const urls = () => [`${origin()}/oauth/token`]
  const exchanging = { ...parts, readProof, names, urls, turns: createTurns() }
  return {
    dataPath: createOAuthPath({
      provider,
      issuer: origin,
      callerOf: async (credential) => await identity.callerOf(credential),
      exchange: async (form, request) => await exchange(exchanging, form, request),
      clock,
      log,
    }),
    consents: createConsents({ provider, store, mandates, registry: parts.registry, names, clock }),
    connections,
    now: () => clock.now(),
    sweep,
    [Symbol.asyncDispose]: async () => cancel(),
  }
}

/**
 * Made for the first client that comes: the issuer's address is known only once the node listens, and the library takes
 * a tenth of the start and 30 MB.
 */
function lazily(make: () => Promise<Provider>): () => Promise<Provider> {
  let provider: Promise<Provider> | undefined
  return () => (provider ??= make())
}

/** A client makes its proof for the address it calls, by whichever name of this node. */
function createProving(readProof: ReadProof, origin: () => string): Proves {
  return ({ method = '', url = '/', headers }, token, key) => {
    const own = origin()
    const end = url.search(/[?#]/)
    const path = end < 0 ? url : url.slice(0, end)
    const urls = [`${own}${path}`, `${new URL(own).protocol}//${headers.host ?? ''}${path}`]
    const proof = readProof(headers['dpop'], { method, urls, token })
    if (!proof.ok) return proof.detail
    if (proof.key !== key) return 'the proof is by another key'
    return proof.use() ? undefined : 'the proof was used before'
  }
}
