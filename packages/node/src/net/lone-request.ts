import type { LookupFunction } from 'node:net'
import { request as requestHttp } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { AddressGuard } from './address.ts'
import { guardedLookup, refuseAddress } from './upstream.ts'

export interface LoneRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
  /** Whoever answers by https is heard: only where nothing is sent that anybody may not know, and nothing is believed. */
  readonly anyCertificate?: true
}

export interface LoneAnswer {
  readonly status: number
  /** Names in small letters, as Node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** At most as many bytes as were asked for. */
  readonly body: Buffer
  /** There was more, which nobody read. */
  readonly isCut: boolean
}

/** Whether what came of a body so far is all that is wanted: streams need not end. */
export type Ending = (body: Buffer, contentType: string) => boolean

export interface LoneLimits {
  /** For the whole exchange, connecting included. */
  readonly timeoutMs: number
  readonly bytesMax: number
  readonly headerBytesMax: number
}

/**
 * One request on a connection of its own, which is closed after it: for targets that are asked every few minutes, where
 * a pool for each would cost more than the connection. Never follows a redirect.
 */
export type LoneRequests = (request: LoneRequest, isEnough?: Ending) => Promise<LoneAnswer>

export function createLoneRequests(
  guard: AddressGuard,
  clock: Clock,
  limits: LoneLimits,
  /** Hears of the address that a name led to, before it is connected to; may throw, which is the cause of the Fault then. */
  admit: (address: string) => void = () => undefined,
): LoneRequests {
  const lookup = admitting(guardedLookup(guard), admit)
  return async (request, isEnough) => {
    refuseAddress(request.url, guard)
    const { promise, resolve, reject } = Promise.withResolvers<LoneAnswer>()
    const { url, method, headers, body, signal, anyCertificate } = request
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const exchange = send(url, {
      method,
      headers: {
        ...headers,
        connection: 'close',
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      agent: false,
      lookup,
      maxHeaderSize: limits.headerBytesMax,
      ...(signal === undefined ? {} : { signal }),
      ...(anyCertificate === undefined ? {} : { rejectUnauthorized: false }),
    })
    const cancel = clock.after(limits.timeoutMs, () =>
      exchange.destroy(
        new Fault('upstream.timeout', { detail: 'it did not answer in time', where: url.host }),
      ),
    )
    exchange.once('response', (response) => {
      read(response, limits.bytesMax, isEnough).then(resolve, reject)
    })
    exchange.once('error', reject)
    exchange.end(body)
    try {
      return await promise
    } catch (error) {
      throw faultOf(error, url)
    } finally {
      cancel()
      // Also after a body that was cut: the target must not go on sending.
      exchange.destroy()
    }
  }
}

function admitting(lookup: LookupFunction, admit: (address: string) => void): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      try {
        const [first] = typeof found === 'string' ? [found] : found.map(({ address }) => address)
        if (error === null && first !== undefined) admit(first)
      } catch (problem) {
        callback(problem as NodeJS.ErrnoException, '', 4)
        return
      }
      callback(error, found, family)
    })
  }
}

/** So often a body is looked at as it comes; one that drips on is then looked at as it grows by as much again. */
const looksMax = 500

async function read(
  response: IncomingMessage,
  bytesMax: number,
  isEnough: Ending | undefined,
): Promise<LoneAnswer> {
  const { statusCode: status = 0, headers } = response
  const type = headers['content-type'] ?? ''
  const chunks: Buffer[] = []
  let bytes = 0
  let isCut = false
  let looks = 0
  let nextLook = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    isCut = bytes > bytesMax
    if (isCut) break
    if (isEnough === undefined || (looks >= looksMax && bytes < nextLook)) continue
    // What was looked at is one piece from then on, so that many small ones cost no more than a few large ones.
    const whole = Buffer.concat(chunks)
    chunks.splice(0, chunks.length, whole)
    looks += 1
    nextLook = bytes * 2
    if (isEnough(whole, type)) break
  }
  return { status, headers, body: Buffer.concat(chunks).subarray(0, bytesMax), isCut }
}

function faultOf(error: unknown, url: URL): Fault {
  if (Fault.is(error)) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code.startsWith('HPE_'))
    return new Fault('upstream.invalid', {
      detail: 'what it answers is not HTTP',
      where: url.host,
      cause: error,
    })
  return new Fault('upstream.unreachable', {
    detail: `the connection failed${/^E[A-Z_]{2,30}$/.test(code) ? ` (${code})` : ''}`,
    where: url.host,
    cause: error,
  })
}
