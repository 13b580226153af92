import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import { fetchWhole } from '../net/fetch.ts'
import type { Upstream } from '../net/upstream.ts'
import { readClientMetadata } from './client-metadata.ts'

/** A client id metadata document is about 1 KiB; the draft suggests 5 KiB. */
const documentBytesMax = 16 * 1024
/** A person waits at the browser. */
const documentMs = 5000

/**
 * Fetches a client id metadata document through the node's one outbound client: the address guard at connect time,
 * https, no redirects, limits of time and size. What comes back holds only what this server gives a meaning to.
 */
export function createDocumentFetch(upstream: Upstream, clock: Clock): typeof fetch {
  return async (input) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.protocol !== 'https:')
      throw new Fault('oauth.client', { detail: 'the address of the client is not https', where: url.host })
    const late = new AbortController()
    const stop = clock.after(documentMs, () => late.abort())
    try {
      const answer = await fetchWhole(
        upstream,
        {
          url,
          method: 'GET',
          headers: ['accept', 'application/json'],
          body: null,
          headTimeoutMs: documentMs,
          idleTimeoutMs: documentMs,
        },
        documentBytesMax,
        late.signal,
      )
      const cached = answer.headers['cache-control']
      return new Response(new Uint8Array(cleaned(answer.body)), {
        status: answer.status === 200 ? 200 : 502,
        headers: typeof cached === 'string' ? { 'cache-control': cached } : {},
      })
    } finally {
      stop()
    }
  }
}

/** The document with what means nothing here taken out. Throws `oauth.client`. */
function cleaned(body: Buffer): Buffer {
  const value = parse(body)
  const reading = readClientMetadata({ token_endpoint_auth_method: 'none', ...value })
  if (!reading.ok) throw new Fault('oauth.client', { detail: `its document does not hold: ${reading.what}` })
  return Buffer.from(JSON.stringify({ ...reading.metadata, client_id: value['client_id'] }))
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below, like any other wrong form.
  }
  throw new Fault('oauth.client', { detail: 'its document is not a JSON object' })
}
