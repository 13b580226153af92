import type { Fault } from '@ambit/core/fault'
import type { Upstream } from '../net/upstream.ts'

const headTimeoutMs = 10_000
/** What a receiver says beside its status is not read. */
const idleTimeoutMs = 1000
const answerBytesMax = 16 * 1024

/** What came of one request; no redirect is followed. */
export type Posted =
  | { readonly status: number; readonly retryAfter: string | undefined }
  | { readonly fault: Fault }

/** Posts and gives the status of the answer; undefined: it was given up. Never rejects. */
export async function post(
  upstream: Upstream,
  request: { readonly url: string; readonly headers: readonly string[]; readonly body: Buffer },
  signal: AbortSignal,
): Promise<Posted | undefined> {
  if (signal.aborted) return undefined
  const { promise, resolve } = Promise.withResolvers<Posted | undefined>()
  const exchange = upstream.send(
    {
      url: new URL(request.url),
      method: 'POST',
      headers: request.headers,
      body: request.body,
      headTimeoutMs,
      idleTimeoutMs,
    },
    {
      head(status, headers) {
        const retryAfter = headers['retry-after']
        resolve({ status, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined })
      },
      data(chunk) {
        // Small answers are read to their end, so that the connection can be used again.
        if (chunk.length > answerBytesMax) exchange.abort()
        return true
      },
      end: () => undefined,
      error: (fault) => resolve({ fault }),
    },
  )
  const abort = (): void => {
    exchange.abort()
    resolve(undefined)
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
