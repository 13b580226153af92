import { visible } from '@ambit/core/visible'
import { z } from 'zod'
import { wishType } from './wish.ts'

/** Redirect addresses of one client, and characters of each: what browsers take. */
const redirectsMax = 20
const addressCharactersMax = 2000
const nameCharactersMax = 200
const grantTypes = new Set(['authorization_code', 'refresh_token'])
const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])
/** Schemes that a browser acts upon itself. */
const forbiddenSchemes = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'filesystem:',
  'view-source:',
  'ws:',
  'wss:',
  'ftp:',
])

const address = z.string().min(1).max(addressCharactersMax)
const metadataSchema = z.looseObject({
  redirect_uris: z.array(address).min(1).max(redirectsMax),
  client_name: z.string().max(10_000).optional(),
  client_uri: address.optional(),
  grant_types: z.array(z.string().max(100)).max(20).optional(),
  response_types: z.array(z.string().max(100)).max(20).optional(),
  token_endpoint_auth_method: z.string().max(100).optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
})

const authenticationMethods = new Set(['none', 'client_secret_basic', 'client_secret_post'])

export type ClientMetadata = Readonly<Record<string, unknown>> & { readonly redirect_uris: readonly string[] }

export type ClientReading =
  | { readonly ok: true; readonly metadata: ClientMetadata }
  | {
      readonly ok: false
      readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata'
      readonly what: string
    }

/**
 * What a client says of itself (RFC 7591 section 2), cut down to what this server gives a meaning to: a public or
 * confidential client that comes for a code. Hostile text: the name is made visible and cut.
 */
export function readClientMetadata(value: unknown): ClientReading {
  const parsed = metadataSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const member = String(issue?.path[0] ?? 'body')
    const error = member === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata'
    return { ok: false, error, what: `${member}: ${issue?.message ?? 'not of the form asked for'}` }
  }
  const given = parsed.data
  const wrong = given.redirect_uris.map((uri) => redirectProblem(uri)).find((what) => what !== undefined)
  if (wrong !== undefined) return { ok: false, error: 'invalid_redirect_uri', what: wrong }
  const method = given.token_endpoint_auth_method ?? 'client_secret_basic'
  if (!authenticationMethods.has(method))
    return {
      ok: false,
      error: 'invalid_client_metadata',
      what: 'token_endpoint_auth_method: this server knows none, client_secret_basic and client_secret_post',
    }
  if (given.response_types?.includes('code') === false)
    return { ok: false, error: 'invalid_client_metadata', what: 'response_types: this server gives codes' }
  const grants = (given.grant_types ?? ['authorization_code']).filter((type) => grantTypes.has(type))
  return {
    ok: true,
    metadata: {
      redirect_uris: given.redirect_uris,
      client_name: nameOf(given.client_name),
      ...(given.client_uri !== undefined && URL.parse(given.client_uri)?.protocol === 'https:'
        ? { client_uri: given.client_uri }
        : {}),
      grant_types: [...new Set(['authorization_code', ...grants])],
      response_types: ['code'],
      authorization_details_types: [wishType],
      token_endpoint_auth_method: method,
      // Loopback addresses match at any port (RFC 8252 section 7.3), whatever the client calls itself.
      application_type: 'native',
      ...(given.dpop_bound_access_tokens === true ? { dpop_bound_access_tokens: true } : {}),
    },
  }
}

/** Why a client may not be sent back there; undefined when it may: https, http on the very machine, or its own scheme. */
function redirectProblem(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || text.includes('#')) return 'redirect_uris: one is no address, or has a fragment'
  if (url.username !== '' || url.password !== '') return 'redirect_uris: one carries a name or password'
  if (url.protocol === 'https:') return undefined
  if (url.protocol === 'http:')
    return loopbackNames.has(url.hostname)
      ? undefined
      : 'redirect_uris: http is for the very machine only (localhost, 127.0.0.1, [::1])'
  // RFC 8252 section 7.1: a scheme of the program's own; a name of the registry of schemes it may not be.
  return forbiddenSchemes.has(url.protocol)
    ? 'redirect_uris: that scheme is none of a program of its own'
    : undefined
}

function nameOf(name: string | undefined): string {
  const text = visible(name ?? '').trim()
  return text === '' ? 'A client without a name' : text.slice(0, nameCharactersMax)
}
