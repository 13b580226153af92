import type { Bus } from '../bus/bus.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Vault } from '../vault/vault.ts'
import { everyone } from '../vault/vault.ts'
import { scopesIn } from './challenge.ts'
import type { BearerChallenge } from './challenge.ts'
import { clientOf } from './client.ts'
import type { ClientSettings } from './client.ts'
import { discover, unavailable } from './discovery.ts'
import { exchange, obtain, renew } from './grant.ts'
import type { Grant } from './grant.ts'
import type { GuardedFetch } from './guarded-fetch.ts'
import { assertIdentity } from './identity.ts'
import type { Remedy, Who } from './signin.ts'

export interface GrantParts {
  readonly fetch: GuardedFetch
  readonly vault: Vault
  readonly clock: Clock
  readonly bus: Bus
  /** What a server last said of where to sign in. */
  readonly known: (organization: string, server: string) => Promise<BearerChallenge>
}

/** What a request needs of a grant. */
interface Held {
  readonly authorization: string
  readonly usableUntil: number
}

const grantName = 'oauth'
const clientName = 'oauth.client'
const identityName = 'oauth.identity'
/** People times servers in memory. */
const heldMax = 10_000
/** A token is renewed this long before its end, or a fifth of its life where that is shorter: it still has to arrive. */
const marginMs = 30_000

/**
 * What people were given, in the vault and, what requests need of it, in memory. One renewal at a time for each grant: a
 * refresh token may count once only, and used twice it is taken for stolen.
 */
export class Grants {
  readonly #parts: GrantParts
  readonly #held = new BoundedMap<string, Held | null>(heldMax)
  /** One entry for each renewal that is under way. */
  readonly #underWay = new Map<string, Promise<Grant | undefined>>()
  readonly #ends: readonly (() => void)[]
  #generation = 0

  constructor(parts: GrantParts) {
    this.#parts = parts
    const forget = (): void => {
      this.#generation += 1
      this.#held.clear()
    }
    this.#ends = [parts.bus.subscribe('vault.changed', forget), parts.bus.onGap(async () => forget())]
  }

  close(): void {
    for (const end of this.#ends) end()
    this.#held.clear()
  }

  peek(organization: string, person: string, server: string): string | null | undefined {
    const held = this.#held.get(keyOf(organization, person, server))
    if (held === undefined || held === null) return held
    return held.usableUntil > this.#parts.clock.now() ? held.authorization : undefined
  }

  async authorization(who: Who, server: string): Promise<string | undefined> {
    const begun = this.#generation
    let grant = await this.read(who, server)
    if (grant === undefined) grant = await this.#obtained(who, server)
    else if (usableUntil(grant) <= this.#parts.clock.now())
      grant = await this.#renewed(who.organization, grant)
    const held =
      grant === undefined ? null : { authorization: headerOf(grant), usableUntil: usableUntil(grant) }
    // What was read while another value was written may be the old one: use it once, do not keep it.
    if (begun === this.#generation) this.#held.set(keyOf(who.organization, who.person, server), held)
    return held?.authorization
  }

  /** The person's own grant, or the one for everyone. */
  async read({ organization, person }: Who, server: string): Promise<Grant | undefined> {
    const text = await this.#parts.vault.get(organization, person, server, grantName)
    return text === undefined ? undefined : (JSON.parse(text) as Grant)
  }

  async keep(organization: string, grant: Grant): Promise<void> {
    const { person, server } = grant
    await this.#parts.vault.put({
      organization,
      person,
      record: server,
      name: grantName,
      value: JSON.stringify(grant),
    })
  }

  /** A server does not take a token any more. */
  async rejected(who: Who, grant: Grant, used: string | undefined, freshMs: number): Promise<Remedy> {
    if (used !== undefined && used !== headerOf(grant)) return 'renewed'
    if (this.#parts.clock.now() - grant.obtainedAt >= freshMs) {
      const next = await this.#renewed(who.organization, grant)
      return next === undefined ? 'sign-in' : 'renewed'
    }
    if (await this.#isNodes(who.organization, grant)) return 'denied'
    await this.#remove(who.organization, grant)
    return 'sign-in'
  }

  /** Without a grant: whether the node itself can be let in. */
  async missing(who: Who, server: string): Promise<Remedy> {
    return (await this.#obtained(who, server)) === undefined ? 'sign-in' : 'renewed'
  }

  async setClient(organization: string, server: string, settings: ClientSettings): Promise<void> {
    const entry = { organization, person: everyone, record: server }
    await this.#parts.vault.put({ ...entry, name: clientName, value: JSON.stringify(settings) })
    // What another client was given is not this one's to renew.
    await this.#parts.vault.remove(organization, everyone, server, grantName)
  }

  /** Keeps the ID token of a person, and lets go of what an older one gave. */
  async setIdentity({ organization, person }: Who, server: string, idToken: string): Promise<void> {
    await this.#parts.vault.put({ organization, person, record: server, name: identityName, value: idToken })
    await this.#parts.vault.remove(organization, person, server, grantName)
  }

  async client(organization: string, server: string): Promise<ClientSettings | undefined> {
    const text = await this.#parts.vault.get(organization, everyone, server, clientName)
    return text === undefined ? undefined : (JSON.parse(text) as ClientSettings)
  }

  /** The secret of a client goes to the authorization server it was registered with, and to no other. Throws `sign-in.unavailable`. */
  async pinned(
    organization: string,
    server: string,
    settings: ClientSettings,
    issuer: string,
  ): Promise<ClientSettings> {
    if (settings.issuer === issuer) return settings
    if (settings.issuer !== undefined)
      throw unavailable('it names another authorization server than the one this node is registered with')
    const pinned = { ...settings, issuer }
    const entry = { organization, person: everyone, record: server }
    await this.#parts.vault.put({ ...entry, name: clientName, value: JSON.stringify(pinned) })
    return pinned
  }

  /** Whether the node itself is let in, so that nobody signs in. */
  async isClient(organization: string, server: string): Promise<boolean> {
    return (await this.client(organization, server))?.grant === 'client_credentials'
  }

  async #isNodes(organization: string, { person, server }: Grant): Promise<boolean> {
    return person === everyone && (await this.isClient(organization, server))
  }

  async #renewed(organization: string, grant: Grant): Promise<Grant | undefined> {
    const { person, server } = grant
    if (grant.refreshToken === undefined) {
      await this.#remove(organization, grant)
      return await this.#obtained({ organization, person }, server)
    }
    return await this.#once(organization, person, server, async () => {
      // Another request, or another replica, may have renewed it meanwhile.
      const newest = await this.read({ organization, person }, server)
      if (newest === undefined || newest.accessToken !== grant.accessToken) return newest
      const next = await renew(this.#parts.fetch, newest, this.#parts.clock.now())
      if (next === undefined) await this.#remove(organization, newest)
      else await this.keep(organization, next)
      return next
    })
  }

  /** The token of the node itself, or of a person whom an identity provider vouches for, where an operator set it up so. */
  async #obtained({ organization, person }: Who, server: string): Promise<Grant | undefined> {
    const settings = await this.client(organization, server)
    if (settings === undefined || settings.grant === 'authorization_code') return undefined
    const whose = settings.grant === 'client_credentials' ? everyone : person
    return await this.#once(organization, whose, server, async () => {
      const kept = await this.read({ organization, person: whose }, server)
      if (kept !== undefined) return kept
      const grant = await this.#granted({ organization, person: whose }, server, settings)
      if (grant !== undefined) await this.keep(organization, grant)
      return grant
    })
  }

  async #granted(who: Who, server: string, settings: ClientSettings): Promise<Grant | undefined> {
    const { organization, person } = who
    const { fetch, clock, known, vault } = this.#parts
    const { identityProvider, scope } = settings
    const idToken = identityProvider && (await vault.get(organization, person, server, identityName))
    if (identityProvider !== undefined && idToken === undefined) return undefined
    const challenge = await known(organization, server)
    const { resource, scopesSupported = [], metadata } = await discover(fetch, new URL(server), challenge)
    const { issuer } = metadata
    const client = clientOf(await this.pinned(organization, server, settings, issuer), metadata)
    const asked = scope === undefined ? scopesSupported : scopesIn(scope)
    const frame = { person, server, resource, issuer, client, asked }
    if (identityProvider === undefined || idToken === undefined)
      return await obtain(fetch, frame, metadata, clock.now())
    const assertion = await assertIdentity(fetch, identityProvider, idToken, issuer, resource)
    if (assertion !== undefined) return await exchange(fetch, frame, metadata, assertion, clock.now())
    // It ended: the person hands in another one.
    await vault.remove(organization, person, server, identityName)
    return undefined
  }

  async #once(
    organization: string,
    person: string,
    server: string,
    run: () => Promise<Grant | undefined>,
  ): Promise<Grant | undefined> {
    const key = keyOf(organization, person, server)
    const known = this.#underWay.get(key)
    if (known !== undefined) return await known
    const running = run()
    this.#underWay.set(key, running)
    try {
      return await running
    } finally {
      this.#underWay.delete(key)
    }
  }

  async #remove(organization: string, { person, server }: Grant): Promise<void> {
    await this.#parts.vault.remove(organization, person, server, grantName)
  }
}

function headerOf({ accessToken }: Grant): string {
  return `Bearer ${accessToken}`
}

function usableUntil({ expiresAt, obtainedAt }: Grant): number {
  if (expiresAt === undefined) return Number.POSITIVE_INFINITY
  return expiresAt - Math.min(marginMs, (expiresAt - obtainedAt) / 5)
}

/** Ids hold no line breaks, nor do addresses. */
function keyOf(organization: string, person: string, server: string): string {
  return `${organization}\n${person}\n${server}`
}
