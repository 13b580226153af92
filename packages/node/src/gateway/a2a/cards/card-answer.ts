import type { IncomingMessage, ServerResponse } from 'node:http'

/** Seconds a card may be kept: a suspended agent is still refused at once, its card only lives on this long. */
const maxAgeS = 60

/** Something public that is the same for everyone. */
export interface Document {
  readonly body: Buffer
  /** With its quotes. */
  readonly etag: string
  /** When it came to say what it says, in ms. */
  readonly modifiedMs: number
  readonly headers: Readonly<Record<string, string>>
}

/** Answers with a document, or that the one the caller has is still good (section 8.6.1, RFC 9110 section 13). */
export function sendDocument(request: IncomingMessage, response: ServerResponse, document: Document): void {
  const headers = {
    'content-type': 'application/json',
    'cache-control': `public, max-age=${maxAgeS}`,
    etag: document.etag,
    'last-modified': new Date(document.modifiedMs).toUTCString(),
    ...document.headers,
  }
  if (isKnown(request, document)) {
    response.writeHead(304, headers)
    response.end()
    return
  }
  response.writeHead(200, { ...headers, 'content-length': document.body.length })
  // For HEAD, node:http leaves the body out by itself.
  response.end(document.body)
}

/** The date counts only where no tag was sent (RFC 9110, section 13.1.3). */
function isKnown(request: IncomingMessage, { etag, modifiedMs }: Document): boolean {
  const tags = request.headers['if-none-match']
  if (tags !== undefined)
    return tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
  const since = Date.parse(request.headers['if-modified-since'] ?? '')
  return Number.isFinite(since) && Math.floor(modifiedMs / 1000) * 1000 <= since
}
