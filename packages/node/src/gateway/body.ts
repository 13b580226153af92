import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Fault } from '@ambit/core/fault'
import type { DigestAlgorithm } from '@ambit/core/wire/http-signature/content-digest'

type Digests = ReadonlyMap<DigestAlgorithm, Uint8Array>

const expected = new WeakMap<IncomingMessage, Digests>()

/** Whoever reads the body of this request gets it only if it is what these digests say (RFC 9530). */
export function expectContent(request: IncomingMessage, digests: Digests): void {
  expected.set(request, digests)
}

/** Reads a whole request body as one Buffer; `done` is called once, with a fault when it is too large or breaks off. */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  done: (fault: Fault | undefined, body: Buffer) => void,
): void {
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  let bytes = 0
  let over = false
  function finish(fault: Fault | undefined): void {
    if (over) return
    over = true
    done(
      fault,
      fault !== undefined || first === undefined ? nothing : more === undefined ? first : Buffer.concat(more),
    )
  }
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > bytesMax) {
      // What still comes is read and dropped, so that the answer can be delivered.
      finish(
        new Fault('input.too-large', { detail: `the body is larger than ${bytesMax} bytes`, where: 'body' }),
      )
      first = undefined
      more = undefined
      return
    }
    // Ordinary messages arrive in one piece, which is then used as it is.
    if (first === undefined) first = chunk
    else if (more === undefined) more = [first, chunk]
    else more.push(chunk)
  })
  request.on('end', () => {
    const digests = expected.get(request)
    if (digests === undefined) finish(undefined)
    else finish(otherContent(digests, more === undefined ? (first ?? nothing) : Buffer.concat(more)))
  })
  request.on('error', () =>
    finish(new Fault('input.invalid', { detail: 'the body broke off', where: 'body' })),
  )
}

const nothing = Buffer.alloc(0)

const nodeNames = { 'sha-256': 'sha256', 'sha-512': 'sha512' } as const

function otherContent(digests: Digests, body: Buffer): Fault | undefined {
  for (const [name, digest] of digests) {
    const found = hash(nodeNames[name], body, 'buffer')
    if (found.length === digest.length && timingSafeEqual(found, digest)) continue
    return new Fault('request.digest', { detail: `its ${name} is another one`, where: 'content-digest' })
  }
  return undefined
}
