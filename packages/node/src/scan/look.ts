import { isIPv6 } from 'node:net'
import { Fault } from '@ambit/core/fault'
import { cardPath } from '@ambit/core/wire/a2a/version'
import type { Clock } from '../kernel/clock.ts'
import type { LoneAnswer, LoneRequests } from '../net/lone-request.ts'
import { lookForA2a } from './look-for-a2a.ts'
import { lookForMcp } from './look-for-mcp.ts'
import type { Ask, Seen } from './seen.ts'

export interface LookParts {
  readonly clock: Clock
  readonly send: LoneRequests
}

/** For all requests to one port together, so that one that drips costs no more than its turn. */
const portMsMax = 10_000
/** Ports at which HTTP is spoken over TLS before it is tried without. */
const tlsPorts = new Set([443, 8443])

/** What speaks A2A or MCP at an open port. Sends a handful of requests, none with credentials; follows nothing. */
export async function look(
  { clock, send }: LookParts,
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<readonly Seen[]> {
  const host = `${isIPv6(address) ? `[${address}]` : address}:${port}`
  const schemes = tlsPorts.has(port) ? (['https', 'http'] as const) : (['http', 'https'] as const)
  const ends = new AbortController()
  const cancel = clock.after(portMsMax, () => ends.abort())
  const bounded = AbortSignal.any([signal, ends.signal])
  try {
    for (const scheme of schemes) {
      // Written as everybody writes it: without the port that goes without saying.
      const { origin } = new URL(`${scheme}://${host}`)
      const first = await attempt(send, { path: cardPath, origin, signal: bounded })
      if (first === 'no-http') continue
      if (first === undefined) return []
      return await lookAt(origin, askOf(send, origin, bounded), first.status === 401)
    }
    return []
  } finally {
    cancel()
  }
}

async function lookAt(origin: string, ask: Ask, isGuarded: boolean): Promise<readonly Seen[]> {
  const found = [await lookForA2a(origin, ask), await lookForMcp(origin, ask, isGuarded)]
  return found.filter((each) => each !== undefined)
}

interface First {
  readonly origin: string
  readonly path: string
  readonly signal: AbortSignal
}

/** Whether HTTP is spoken there at all: undefined where it is not answered in time. */
async function attempt(
  send: LoneRequests,
  { origin, path, signal }: First,
): Promise<LoneAnswer | 'no-http' | undefined> {
  try {
    const answer = await send({
      url: new URL(path, origin),
      method: 'GET',
      headers: plainly,
      signal,
      anyCertificate: true,
    })
    // What servers of TLS say to a request without it.
    const wantsTls = answer.status === 400 && /https/i.test(answer.body.toString('latin1', 0, 1000))
    return wantsTls && origin.startsWith('http:') ? 'no-http' : answer
  } catch (error) {
    return Fault.is(error, 'upstream.timeout') ? undefined : 'no-http'
  }
}

/** Answers come as they are: what is compressed would have to be unpacked. */
const plainly = { 'accept-encoding': 'identity', 'user-agent': 'ambit-scan' }

function askOf(send: LoneRequests, origin: string, signal: AbortSignal): Ask {
  return async ({ method, path, headers, body }, isEnough) => {
    if (signal.aborted) return undefined
    try {
      return await send(
        {
          url: new URL(path, origin),
          method,
          headers: { ...headers, ...plainly },
          ...(body === undefined ? {} : { body }),
          signal,
          anyCertificate: true,
        },
        isEnough,
      )
    } catch (error) {
      // No answer that could be read is an answer too: nothing that is looked for stands there.
      if (Fault.is(error)) return undefined
      throw error
    }
  }
}
