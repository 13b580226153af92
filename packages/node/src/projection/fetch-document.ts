import { isUtf8 } from 'node:buffer'
import { Fault } from '@ambit/core/fault'
import { isTextTooDeep } from '@ambit/core/wire/depth'
import type { Clock } from '../kernel/clock.ts'
import type { AddressGuard } from '../net/address.ts'
import { fetchWhole } from '../net/fetch.ts'
import { refuseAddress } from '../net/upstream.ts'
import type { Upstream } from '../net/upstream.ts'

/** A catalog of hundreds of entries; each entry has the limit of a document. */
const bytesMax = 2 * 1024 * 1024
const fetchTimeoutMs = 15_000
const headTimeoutMs = 10_000

export interface Fetching {
  readonly upstream: Upstream
  readonly guard: AddressGuard
  readonly clock: Clock
}

/**
 * Gets a document from an address that a person gave. Redirects are not followed: one could lead into a private network.
 * Throws `format.unreachable`, `format.address`, `format.invalid` or a fault of the connection.
 */
export async function fetchDocument(
  { upstream, guard, clock }: Fetching,
  address: string,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const url = URL.parse(address)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Fault('format.address', { detail: 'that is no http or https address', where: 'url' })
  }
  if (url.username !== '' || url.password !== '') {
    throw new Fault('format.address', { detail: 'the address carries a password', where: 'url' })
  }
  refuseAddress(url, guard)
  const deadline = new AbortController()
  const stop = clock.after(fetchTimeoutMs, () => deadline.abort())
  const signals = signal === undefined ? [deadline.signal] : [signal, deadline.signal]
  try {
    const answer = await fetchWhole(
      upstream,
      {
        url,
        method: 'GET',
        headers: ['accept', 'application/json, application/*+json;q=0.9'],
        body: null,
        headTimeoutMs,
        idleTimeoutMs: headTimeoutMs,
      },
      bytesMax,
      AbortSignal.any(signals),
    )
    return parsed(answer.status, answer.body, url.origin + url.pathname)
  } finally {
    stop()
  }
}

function parsed(status: number, body: Buffer, where: string): unknown {
  if (status >= 300 && status < 400) {
    throw new Fault('format.unreachable', {
      detail: 'the address redirects, and redirects are not followed',
      where,
      remedy: 'Give the address that the document itself is at.',
    })
  }
  if (status !== 200) {
    throw new Fault('format.unreachable', { detail: `it answered with the HTTP status ${status}`, where })
  }
  const text = body.toString('utf8')
  if (isTextTooDeep(text)) throw new Fault('format.too-large', { detail: 'it nests too deep', where })
  try {
    if (!isUtf8(body)) throw new TypeError('not UTF-8')
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new Fault('format.invalid', { detail: 'what stands there is not JSON', where, cause: error })
  }
}
