import { Fault } from '@ambit/core/fault'
import type { Upstream, UpstreamHeaders, UpstreamRequest } from './upstream.ts'

export interface FetchedAnswer {
  readonly status: number
  readonly headers: UpstreamHeaders
  readonly body: Buffer
}

/** One request and its whole answer, off the path of an act (descriptions, probes). Throws a Fault on failure or excess. */
export async function fetchWhole(
  upstream: Upstream,
  request: UpstreamRequest,
  bytesMax: number,
  signal: AbortSignal,
): Promise<FetchedAnswer> {
  return await new Promise<FetchedAnswer>((resolve, reject) => {
    let status = 0
    let headers: UpstreamHeaders = {}
    const chunks: Buffer[] = []
    let bytes = 0
    const exchange = upstream.send(request, {
      head(code, received) {
        status = code
        headers = received
      },
      data(chunk) {
        bytes += chunk.length
        if (bytes > bytesMax) {
          exchange.abort()
          finish()
          reject(
            new Fault('upstream.too-large', {
              detail: `the answer is larger than ${bytesMax} bytes`,
              where: request.url.host,
            }),
          )
          return true
        }
        chunks.push(chunk)
        return true
      },
      end() {
        finish()
        resolve({ status, headers, body: Buffer.concat(chunks) })
      },
      error(fault) {
        finish()
        reject(fault)
      },
    })
    function abort(): void {
      exchange.abort()
      reject(new Fault('upstream.timeout', { detail: 'the request was given up', where: request.url.host }))
    }
    function finish(): void {
      signal.removeEventListener('abort', abort)
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
