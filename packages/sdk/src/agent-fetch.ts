import { hex } from '@ambit/core/bytes'
import type { Bytes } from '@ambit/core/bytes'
import { keyBytes } from '@ambit/core/id/did-key'
import { mandateHeader } from '@ambit/core/wire/delegation'
import { contentDigest, contentDigestField } from '@ambit/core/wire/http-signature/content-digest'
import { fieldsOf } from '@ambit/core/wire/http-signature/message'
import { governingFields, signatureTag } from '@ambit/core/wire/http-signature/policy'
import { signMessage } from '@ambit/core/wire/http-signature/signature'
import type { Signer } from '@ambit/core/signature'
import { proofOf } from './proof.ts'

const nonceBytes = 16

export interface SignedFetchOptions {
  /** AIC of the agent whose key it is: then the signature names both. Left out: the key alone. */
  readonly agent?: string
  /** Id of the mandate to act under, where the agent has several. */
  readonly mandate?: string
  /** Left out: the `fetch` of the runtime. */
  readonly fetch?: typeof fetch
}

/**
 * A `fetch` whose requests an agent signs with its own key (RFC 9421, RFC 9530), so that a node knows it without token
 * and without mutual TLS: it acts under the mandate that names it. Bodies are read whole, to be signed; redirects are
 * not followed, since a signature is for one address. For any client that takes a `fetch`.
 *
 * @example
 * ```ts
 * const transport = new StreamableHTTPClientTransport(url, { fetch: signedFetch(signer, { agent: '1.2.156.3088.1.…' }) })
 * ```
 */
export function signedFetch(signer: Signer, options: SignedFetchOptions = {}): typeof fetch {
  const { agent, mandate, fetch: send = globalThis.fetch } = options
  const keyid = agent === undefined ? signer.key : `${agent}#${signer.key.slice('did:key:'.length)}`
  return async (input, init) => {
    const request = new Request(input, init)
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
    const headers = new Headers(request.headers)
    if (mandate !== undefined) headers.set(mandateHeader, mandate)
    if (body !== undefined) headers.set(contentDigestField, await contentDigest(body))
    const covered = [contentDigestField, ...governingFields].filter((name) => headers.has(name))
    const message = { method: request.method, url: withoutFragment(request.url), field: fieldsOf(headers) }
    const created = Math.floor(Date.now() / 1000)
    const nonce = hex(crypto.getRandomValues(new Uint8Array(nonceBytes)))
    const fields = await signMessage(message, signer, {
      label: signatureTag,
      components: ['@method', '@target-uri', ...covered],
      parameters: { created, nonce, keyid, tag: signatureTag },
    })
    for (const [name, value] of Object.entries(fields)) headers.set(name, value)
    return await send(request.url, again(request, init, headers, body))
  }
}

/**
 * A `fetch` that shows a token which belongs to a key, with a fresh proof by that key each time (RFC 9449). Of Ed25519
 * keys; redirects are not followed.
 *
 * @example
 * ```ts
 * const { token } = await ambit.chains.present(chain, signer)
 * const transport = new StreamableHTTPClientTransport(url, { fetch: provenFetch(signer, token) })
 * ```
 */
export function provenFetch(signer: Signer, token: string, send: typeof fetch = fetch): typeof fetch {
  if (keyBytes(signer.key)?.alg !== 'ed25519') throw new TypeError('a proof is made with an Ed25519 key')
  return async (input, init) => {
    const request = new Request(input, init)
    const { origin, pathname } = new URL(request.url)
    const headers = new Headers(request.headers)
    headers.set('authorization', `DPoP ${token}`)
    headers.set('dpop', await proofOf(signer, request.method, `${origin}${pathname}`, token))
    return await send(new Request(request, { headers, redirect: 'error' }))
  }
}

/** The same request with other headers, and with the body that was signed. */
function again(request: Request, init: RequestInit | undefined, headers: Headers, body: Bytes | undefined) {
  const { method, signal } = request
  return {
    ...init,
    method,
    headers,
    signal,
    redirect: 'error' as const,
    ...(body === undefined ? {} : { body }),
  }
}

function withoutFragment(url: string): string {
  const mark = url.indexOf('#')
  return mark < 0 ? url : url.slice(0, mark)
}
