import { Fault } from '@ambit/core/fault'
import type { Allow, Limits } from '@ambit/core/mandate'
import { authorizationDetails } from '@ambit/core/mandate/projection'
import type { Provider } from 'oidc-provider'
import { grant, revoke } from '../authority/authority.ts'
import type { MandateParts } from '../authority/authority.ts'
import type { Clock } from '../kernel/clock.ts'
import type { HostNames } from '../kernel/host-names.ts'
import type { Caller } from '../kernel/route.ts'
import type { Registry } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import { entryId } from './entries.ts'
import type { OAuthReader, OAuthWriter } from './oauth-store.ts'
import { readResource, scopes as knownScopes } from './resources.ts'
import { allowFor, readWish } from './wish.ts'

/** What a person is shown at once; a record with more is described by `*`. */
const recordsMax = 200
const capabilitiesMax = 500
/** Room for a task and its leaf, and for one agent to hand on to another. */
const depth = 3
/** A client is remembered this long after its last mandate ended. */
const keepClientMs = 30 * 86_400_000

type Request = InstanceType<Provider['Interaction']>

export interface ConsentView {
  readonly id: string
  readonly client: {
    readonly id: string
    /** What it calls itself: hostile text, made visible. */
    readonly name: string
    readonly url?: string
    /** `document`: its id is an address that its maker controls; `registered`: anybody could have registered it. */
    readonly known: 'document' | 'registered'
  }
  /** Where the person is sent back to: a host, or the scheme of a program. */
  readonly redirectHost: string
  readonly resource: string
  readonly scopes: readonly string[]
  readonly purpose: string
  readonly suggested: readonly Allow[]
  readonly limits: Limits
  readonly records: readonly ConsentRecord[]
  /** In ms. */
  readonly expires: number
}

export interface ConsentRecord {
  /** AIC: a wish may name the record by it. */
  readonly id: string
  readonly slug: string
  readonly title: string
  readonly kind: Target['kind']
  readonly capabilities: readonly {
    readonly id: string
    readonly effect: string
    readonly reversibility: number
  }[]
  /** How many there are, should they not all be listed. */
  readonly capabilityCount: number
}

export interface ConsentChoice {
  readonly purpose: string
  readonly allow: readonly Allow[]
  readonly limits: Limits
  /** In ms. */
  readonly expiresAt: number
}

export interface ConsentParts {
  readonly provider: () => Promise<Provider>
  readonly store: OAuthReader & OAuthWriter
  readonly mandates: MandateParts
  readonly registry: Pick<Registry, 'heads' | 'target'>
  readonly names: HostNames
  readonly clock: Clock
}

/** Requests to let a client in, and what people decide about them: consent is a mandate. */
export interface Consents {
  /** Binds the request to the first person who looks at it. Throws `oauth.request`, `oauth.not-yours`. */
  view(id: string, caller: Caller): Promise<ConsentView>
  /** Grants the mandate and gives where the browser goes on. Throws the same, or what granting throws. */
  give(id: string, caller: Caller, choice: ConsentChoice): Promise<{ mandate: string; location: string }>
  deny(id: string, caller: Caller): Promise<{ location: string }>
}

export function createConsents(parts: ConsentParts): Consents {
  return {
    async view(id, caller) {
      const request = await requestOf(parts, id, caller)
      return await viewOf(parts, request, caller.organization)
    },
    async give(id, caller, choice) {
      const request = await requestOf(parts, id, caller)
      await decide(parts, id, caller)
      let mandate: string | undefined
      try {
        const { person, organization } = caller
        const entry = await grant(parts.mandates, {
          organization,
          person,
          ...choice,
          delegate: { depthMax: depth },
        })
        mandate = entry.body.id
        await bind(parts, request, caller, { ...choice, mandate })
        return { mandate, location: request.returnTo }
      } catch (error) {
        if (mandate !== undefined)
          await revoke(parts.mandates, mandate, caller.person, 'the client could not be let in')
        await parts.store.undecide(entryId(id))
        throw error
      }
    },
    async deny(id, caller) {
      const request = await requestOf(parts, id, caller)
      await decide(parts, id, caller)
      request.result = { error: 'access_denied', error_description: 'the person refused' }
      await request.persist()
      return { location: request.returnTo }
    },
  }
}

/** `client` as its metadata have it, `redirect` as it asked for it. */
function redirectHost(redirect: unknown): string {
  const url = URL.parse(String(redirect))
  if (url === null) return ''
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.host : url.protocol
}

async function requestOf({ provider, store }: ConsentParts, id: string, caller: Caller): Promise<Request> {
  const request = await (await provider()).Interaction.find(id)
  if (request === undefined) throw gone()
  if (!(await store.claim(entryId(id), caller.person, request.exp * 1000)))
    throw new Fault('oauth.not-yours', { detail: 'another person looked at it first' })
  return request
}

async function decide({ store }: ConsentParts, id: string, caller: Caller): Promise<void> {
  if (!(await store.decide(entryId(id), caller.person))) throw gone()
}

/** Ties the mandate to the request: codes and tokens come of this grant, and end with it. */
async function bind(
  { provider, store, clock }: ConsentParts,
  request: Request,
  caller: Caller,
  { mandate, allow, limits, expiresAt }: ConsentChoice & { readonly mandate: string },
): Promise<void> {
  const server = await provider()
  const { params } = request
  const clientId = String(params['client_id'])
  const client = await server.Client.find(clientId)
  if (client === undefined) throw gone()
  const given = new server.Grant({ accountId: caller.person, clientId })
  given.addOIDCScope(knownScopes.join(' '))
  given.addResourceScope(String(params['resource']), knownScopes.join(' '))
  if (params['authorization_details'] !== undefined)
    for (const detail of authorizationDetails(allow, limits)) given.addRar(detail)
  const id = await given.save()
  await store.addConnection({
    id,
    organization: caller.organization,
    person: caller.person,
    mandate,
    client: clientId,
    client_name: client.clientName ?? clientId,
    redirect_host: redirectHost(params['redirect_uri']),
    created: clock.now(),
    expires_at: expiresAt,
    ended: null,
  })
  await store.keepClient(entryId(clientId), expiresAt + keepClientMs)
  request.result = { login: { accountId: caller.person, remember: false }, consent: { grantId: id } }
  await request.persist()
}

async function viewOf(parts: ConsentParts, request: Request, organization: string): Promise<ConsentView> {
  const { params } = request
  const clientId = String(params['client_id'])
  const client = await (await parts.provider()).Client.find(clientId)
  if (client === undefined) throw gone()
  const resource = String(params['resource'])
  const slug = readResource(resource, parts.names)?.slug
  const active = Iterator.from(parts.registry.heads(organization)).filter(({ state }) => state === 'active')
  const records = [...active.take(recordsMax)].flatMap(({ id }) => parts.registry.target(id) ?? [])
  const details = params['authorization_details']
  const wish = typeof details === 'string' ? readWish(details) : undefined
  const slugs = slug === undefined ? records.map((record) => record.slug) : [slug]
  const name = client.clientName ?? clientId
  const wanted = typeof wish === 'object' ? wish : undefined
  return {
    id: request.uid,
    client: {
      id: clientId,
      name,
      ...(client.clientUri === undefined ? {} : { url: client.clientUri }),
      known: clientId.startsWith('https:') ? 'document' : 'registered',
    },
    redirectHost: redirectHost(params['redirect_uri']),
    resource,
    scopes: String(params['scope']).split(' '),
    purpose: `What I ask ${name} to do`,
    suggested: wanted?.allow ?? allowFor(slugs),
    limits: wanted?.limits ?? {},
    records: records.map((target) => recordOf(target)),
    expires: request.exp * 1000,
  }
}

function recordOf({ id, slug, title, kind, capabilities }: Target): ConsentRecord {
  const shown = [...capabilities.values()].slice(0, capabilitiesMax)
  return {
    id,
    slug,
    title,
    kind,
    capabilities: shown.map(({ id: capability, profile }) => ({
      id: capability,
      effect: profile.effect,
      reversibility: profile.reversibility,
    })),
    capabilityCount: capabilities.size,
  }
}

function gone(): Fault {
  return new Fault('oauth.request', { detail: 'it is too old, was decided, or never was' })
}
