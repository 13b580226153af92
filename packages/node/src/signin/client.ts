import { createPrivateKey, webcrypto } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { None, PrivateKeyJwt } from 'oauth4webapi'
import type { AuthorizationServer, ClientAuth } from 'oauth4webapi'
import { z } from 'zod'

const methods = ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'] as const
const algorithms = ['ES256', 'RS256', 'PS256', 'Ed25519'] as const

/** How this node is known to one authorization server, and how it proves that it is that client. */
export interface Client {
  readonly clientId: string
  readonly method: (typeof methods)[number]
  readonly clientSecret?: string | undefined
  /** PKCS #8 in PEM. */
  readonly privateKey?: string | undefined
  readonly algorithm?: (typeof algorithms)[number] | undefined
}

const identityProviderSchema = z.strictObject({
  tokenEndpoint: z.string().min(1).max(2000),
  /** Of this node at the identity provider. */
  clientId: z.string().min(1).max(2000),
  clientSecret: z.string().min(1).max(4000).optional(),
})
export type IdentityProvider = z.infer<typeof identityProviderSchema>

/** A client that an operator registered by hand with a server's authorization server. */
export const clientSettingsSchema = z.strictObject({
  clientId: z.string().min(1).max(2000),
  clientSecret: z.string().min(1).max(4000).optional(),
  /** PKCS #8 in PEM, for `private_key_jwt`. */
  privateKey: z.string().min(1).max(10_000).optional(),
  algorithm: z.enum(algorithms).optional(),
  /**
   * `client_credentials`: the node itself is let in, for everyone, and nobody signs in. `jwt_bearer`: the organisation's
   * identity provider says who the person is, by the ID token that the person hands in.
   */
  grant: z.enum(['authorization_code', 'client_credentials', 'jwt_bearer']).default('authorization_code'),
  identityProvider: identityProviderSchema.optional(),
  scope: z.string().max(2000).optional(),
  /** The authorization server it belongs to; left out, the first one that the server names, from then on. */
  issuer: z.string().max(2000).optional(),
})
export type ClientSettings = z.infer<typeof clientSettingsSchema>

/** Throws `input.invalid` for settings that could never be used. */
export function checkClientSettings(settings: ClientSettings): void {
  const { clientSecret, privateKey, algorithm, grant, identityProvider } = settings
  if (grant === 'jwt_bearer' && identityProvider === undefined) {
    throw new Fault('input.invalid', {
      detail: 'where an identity provider says who people are, it must be named',
      where: 'identityProvider',
    })
  }
  if (grant === 'client_credentials' && clientSecret === undefined && privateKey === undefined) {
    throw new Fault('input.invalid', {
      detail: 'a client that is let in by itself needs a secret or a private key',
      where: 'clientSecret',
    })
  }
  if (privateKey !== undefined) keyBytes(privateKey, algorithm)
}

/** The client of such settings at an authorization server. */
export function clientOf(settings: ClientSettings, metadata: AuthorizationServer): Client {
  const { clientId, clientSecret, privateKey, algorithm } = settings
  if (privateKey !== undefined)
    return { clientId, method: 'private_key_jwt', privateKey, algorithm: algorithm ?? 'ES256' }
  return { clientId, clientSecret, method: secretMethod(clientSecret !== undefined, undefined, metadata) }
}

/** How a client with or without a secret proves itself: as it was registered, else as the server lists it. */
export function secretMethod(
  hasSecret: boolean,
  registered: string | undefined,
  { token_endpoint_auth_methods_supported: supported = ['client_secret_basic'] }: AuthorizationServer,
): Client['method'] {
  const possible = hasSecret ? secretMethods : (['none'] as const)
  const found = possible.find((method) => method === registered)
  return found ?? possible.find((method) => supported.includes(method)) ?? possible[0]
}

/** In the order of preference: what is in no body ends up in fewer logs. */
const secretMethods = ['client_secret_basic', 'client_secret_post', 'none'] as const

/** The proof that goes with each request to the token endpoint. */
export async function proofOf(client: Client): Promise<ClientAuth> {
  const { method, clientSecret = '', privateKey = '', algorithm = 'ES256' } = client
  if (method === 'none') return None()
  if (method === 'private_key_jwt') {
    const bytes = new Uint8Array(keyBytes(privateKey, algorithm))
    return PrivateKeyJwt(
      await webcrypto.subtle.importKey('pkcs8', bytes, keyAlgorithms[algorithm], false, ['sign']),
    )
  }
  if (method === 'client_secret_post') {
    return (_server, { client_id: id }, body) => {
      body.set('client_id', id)
      body.set('client_secret', clientSecret)
    }
  }
  return (_server, { client_id: id }, _body, headers) => {
    const pair = `${formEncoded(id)}:${formEncoded(clientSecret)}`
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
}

/** As RFC 6749 section 2.3.1 asks; hyphens and the like stay, because many servers do not decode. */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

const keyAlgorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  Ed25519: { name: 'Ed25519' },
} as const

const keyTypes = { ES256: 'ec', RS256: 'rsa', PS256: 'rsa', Ed25519: 'ed25519' } as const

function keyBytes(pem: string, algorithm: Client['algorithm'] = 'ES256'): Buffer {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType !== keyTypes[algorithm]) throw new TypeError('a key of another type')
    return key.export({ format: 'der', type: 'pkcs8' })
  } catch {
    // The cause could carry parts of the key.
    throw new Fault('input.invalid', {
      detail: `that is no private key in PEM for ${algorithm}`,
      where: 'privateKey',
    })
  }
}
