import { createPrivateKey } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import type { Account, Adapter, Configuration, KoaContextWithOIDC, Provider as Server } from 'oidc-provider'
import type { HostNames } from '../kernel/host-names.ts'
import type { Keyring } from '../kernel/keyring.ts'
import { checkWish, wishType } from './wish.ts'
import { proofAlgorithms } from './dpop.ts'
import { errorPage, pageHeaders } from './error-page.ts'
import { Check, errors, Prompt, Provider } from './provider-library.ts'
import { readResource, resumeCookieName, scopes } from './resources.ts'

/** A person has to find the link by which they sign in, read, and decide. */
const requestMs = 30 * 60_000
const codeS = 60
/** What a stolen access token is worth at most. */
const accessS = 3600
/** A client that did not come back for so long asks the person again. */
const refreshS = 30 * 86_400
const grantS = 366 * 86_400
/** PKCS #8 of an Ed25519 seed is this and the seed (RFC 8410 section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A person who let a client in, as the authorization server knows them. */
export interface KnownAccount extends Account {
  /** Until when they let it in, in ms; Infinity where that is not known yet. */
  readonly endsAt: number
}

export interface ServerParts {
  /** Address of this node: the issuer. */
  readonly issuer: string
  readonly names: HostNames
  readonly keyring: Keyring
  readonly now: () => number
  readonly entries: (kind: string) => Adapter
  readonly fetch: typeof fetch
  /** A token's text. */
  readonly newToken: () => string
  /** The person, while the mandate of that connection (any, where it is left out) is in force. */
  readonly account: (person: string, connection: string | undefined) => Promise<KnownAccount | undefined>
}

/**
 * The authorization server (OAuth 2.1, RFC 8414, 7591, 7009, 8707, 9207, 9396, 9449, client id metadata documents):
 * codes with PKCE only, refresh tokens that rotate, no sessions of its own. Every request goes to a person, and what
 * that person decides is a mandate.
 */
export function createAuthorizationServer(parts: ServerParts): Server {
  const provider = new Provider(parts.issuer, configurationOf(parts))
  // The public address may be another one than the socket's: the data path says which (see there).
  provider.proxy = true
  const tokens = provider.AccessToken.prototype as unknown as TokenModel
  tokens.generateTokenId = function generateTokenId() {
    this.format = 'opaque'
    return parts.newToken()
  }
  return provider
}

/** What the library asks of its access tokens: a name and a form; ours are mandate tokens. */
interface TokenModel {
  format: 'opaque' | 'jwt'
  generateTokenId(this: TokenModel): string
}

function configurationOf(parts: ServerParts): Configuration {
  const { keyring, entries, account } = parts
  return {
    adapter: entries,
    fetch: parts.fetch,
    jwks: { keys: [signingKey(keyring)] },
    cookies: {
      keys: [keyring.derive('oauth.cookies').toString('base64url')],
      names: { session: 'ambit_oauth', interaction: 'ambit_oauth_consent', resume: resumeCookieName },
    },
    scopes: [...scopes],
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    clientDefaults: { id_token_signed_response_alg: 'EdDSA', application_type: 'native' },
    enabledJWA: { idTokenSigningAlgValues: ['EdDSA'], dPoPSigningAlgValues: [...proofAlgorithms] },
    findAccount: async (_context, person, token) =>
      await account(person, token && 'grantId' in token ? token.grantId : undefined),
    interactions: {
      policy: policy(),
      url: (_context, interaction) => `/oauth/consent/${interaction.uid}`,
    },
    // Each request is decided by itself: what was decided before says nothing of this one.
    async loadExistingGrant({ oidc }) {
      const decided = oidc.result?.consent?.grantId
      return decided === undefined ? undefined : await oidc.provider.Grant.find(decided)
    },
    expiresWithSession: () => false,
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    clientBasedCORS: () => true,
    ttl: {
      Interaction: requestMs / 1000,
      Session: requestMs / 1000,
      Grant: grantS,
      AuthorizationCode: codeS,
      AccessToken: (context) => accessSeconds(parts, context),
      RefreshToken: refreshS,
      IdToken: accessS,
    },
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      registration: '/oauth/register',
      revocation: '/oauth/revoke',
      jwks: '/oauth/jwks',
    },
    features: featuresOf(parts),
    renderError,
  }
}

function featuresOf({ names, issuer }: ServerParts): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    registration: { enabled: true, issueRegistrationAccessToken: false },
    revocation: {
      enabled: true,
      // RFC 7009 section 2.1; to a public client, another's token looks like one that is not there.
      allowedPolicy: async (_context, client, token) => token.clientId === client.clientId,
    },
    dPoP: { enabled: true },
    clientIdMetadataDocument: { enabled: true, ack: 'draft-02', cacheDuration: { min: 60, max: 3600 } },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => `${issuer}/mcp`,
      useGrantedResource: async () => true,
      async getResourceServerInfo(_context, resource) {
        if (readResource(resource, names) === undefined)
          throw new errors.InvalidTarget('the resource is none of this node')
        return { scope: scopes.join(' '), audience: resource, accessTokenFormat: 'opaque' }
      },
    },
    richAuthorizationRequests: {
      enabled: true,
      types: {
        [wishType]: {
          validate(_context, detail) {
            const what = checkWish(detail)
            if (what !== undefined) throw new errors.InvalidAuthorizationDetails(what)
          },
        },
      },
      // What was allowed, not what was asked for.
      authorizationDetailsForGrantSource: ({ oidc }) => oidc.entities.Grant?.rar,
      authorizationDetailsForAccessToken: (_context, _token, source) => source?.rar,
    },
  }
}

/** One question for every request, answered only by what the person decided about this very one. */
function policy() {
  return [
    new Prompt(
      { name: 'consent', requestable: true },
      new Check(
        'mandate',
        'a person decides what the client may do',
        'consent_required',
        ({ oidc }) => oidc.result?.consent?.grantId === undefined,
      ),
    ),
  ]
}

function accessSeconds({ now }: ServerParts, { oidc }: KoaContextWithOIDC): number {
  const { endsAt } = oidc.entities.Account as KnownAccount
  return Math.max(1, Math.min(accessS, Math.floor((endsAt - now()) / 1000)))
}

function signingKey(keyring: Keyring) {
  const seed = keyring.derive('oauth.signing-key')
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
  return { ...key.export({ format: 'jwk' }), use: 'sig', alg: 'EdDSA' } as {
    kty: 'OKP'
    crv: 'Ed25519'
    x: string
    d: string
  }
}

/** What a person sees who cannot be sent back to the client: the reason, in words. */
async function renderError(
  context: KoaContextWithOIDC,
  out: { readonly error: string; readonly error_description?: string | undefined },
  error: Error,
): Promise<void> {
  const { cause } = error
  const reason = cause instanceof Fault ? cause.detail : undefined
  context.set(pageHeaders)
  context.type = 'html'
  context.body = errorPage(out.error, out.error_description, reason)
}
