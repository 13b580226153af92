import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import { fetchWhole } from '../net/fetch.ts'
import type { Upstream } from '../net/upstream.ts'

/** As `oauth4webapi` calls its `customFetch`. */
export type GuardedFetch = (
  url: string,
  options: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string | URLSearchParams | undefined
  },
) => Promise<Response>

/** Metadata and answers of token endpoints are a few kilobytes. */
const answerBytesMax = 128 * 1024
/** A person waits; two or three such requests come one after the other. */
const answerMs = 10_000
const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])
/** Statuses whose answer has no body (Fetch, section 2.2.3). */
const bodiless = new Set([204, 205, 304])

/**
 * The protocol steps go through the node's one outbound client: the address guard at connect time, no redirects, limits
 * of time and size. Throws `address.refused`, `upstream.*`, or `sign-in.unavailable` for an address that is not safe.
 */
export function createGuardedFetch(upstream: Upstream, clock: Clock): GuardedFetch {
  return async (text, { method, headers, body }) => {
    const url = safeAddress(text)
    const late = new AbortController()
    const stop = clock.after(answerMs, () => late.abort())
    try {
      const answer = await fetchWhole(
        upstream,
        {
          url,
          method: method === 'POST' ? 'POST' : 'GET',
          headers: Object.entries(headers).flat(),
          body: body?.toString() ?? null,
          headTimeoutMs: answerMs,
          idleTimeoutMs: answerMs,
        },
        answerBytesMax,
        late.signal,
      )
      const given = new Headers()
      for (const [name, value] of Object.entries(answer.headers))
        if (value !== undefined) given.set(name, Array.isArray(value) ? value.join(', ') : value)
      const content = bodiless.has(answer.status) ? null : new Uint8Array(answer.body)
      return new Response(content, { status: answer.status, headers: given })
    } finally {
      stop()
    }
  }
}

/**
 * An address to which secrets may go or a person may be sent: https, or http on this very machine, which the address
 * guard refuses by itself unless the operator allowed it. Throws `sign-in.unavailable`.
 */
export function safeAddress(text: string): URL {
  const url = URL.parse(text)
  const safe =
    url !== null &&
    url.username === '' &&
    url.password === '' &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && loopbackNames.has(url.hostname)))
  if (safe) return url
  throw new Fault('sign-in.unavailable', {
    detail: 'it names an address for the sign-in that is not https',
    ...(url === null ? {} : { where: url.host }),
  })
}
