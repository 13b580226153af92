import { createHash } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { a2aVersion, cardPath, formerCardPath, versionHeader } from '@ambit/core/wire/a2a/version'
import type { Beat, Pulse, PulseRequest } from '../../liveness/pulse.ts'
import type { LoneAnswer } from '../../net/lone-request.ts'

const answersWithoutReading = new Set([401, 403, 429])

/**
 * One request to an A2A agent: its card, unless it is the one that was read last (entity tag, RFC 9110 section 13.1.2).
 * The card stands where the agent does, so it says that the agent is there, and nothing is begun by asking. An interface
 * over gRPC is not asked: its card is another interface's.
 */
export function createA2aPulse(): Pulse {
  return {
    protocol: 'a2a',
    covers: ({ transport }) => transport === 'jsonrpc' || transport === 'http+json',
    async beat(request) {
      let missed: Fault | undefined
      for (const place of await placesOf(request)) {
        const answer = await askFor(place, request)
        if (answer.status === 304) return { address: place.href, ...markAs(request.mark) }
        if (answersWithoutReading.has(answer.status)) return { address: place.href }
        if (answer.status === 200) return { address: place.href, mark: markOf(answer) }
        missed = new Fault('upstream.invalid', {
          detail: `it answered with the HTTP status ${answer.status} where its card should be`,
          extra: { upstreamStatus: answer.status },
        })
        if (answer.status !== 404 && answer.status !== 405) break
      }
      throw missed!
    },
  }
}

/** Where the card stood last; else the places that `describe` looks at, below the address the record was read from. */
async function placesOf({ address, source, interface: each }: PulseRequest): Promise<readonly URL[]> {
  if (address !== undefined) return [new URL(address)]
  const own = new URL(each.url)
  const named = URL.parse((await source()) ?? '')
  // The card of another origin says nothing of this one.
  const base = named !== null && named.origin === own.origin ? named : new URL(own.origin)
  if (base.pathname.endsWith('.json')) return [base]
  return [wellKnown(base, cardPath), wellKnown(base, formerCardPath), base]
}

function wellKnown(base: URL, path: string): URL {
  return new URL(base.origin + base.pathname.replace(/\/+$/, '') + path)
}

async function askFor(place: URL, { mark, send }: PulseRequest): Promise<LoneAnswer> {
  const tag = mark?.startsWith(tagPrefix) === true ? mark.slice(tagPrefix.length) : undefined
  return await send({
    url: place,
    method: 'GET',
    headers: {
      accept: 'application/json',
      [versionHeader]: a2aVersion,
      ...(tag === undefined ? {} : { 'if-none-match': tag }),
    },
  })
}

const tagPrefix = 'e'
/** An entity tag as it may stand in a header. */
const tagForm = /^(W\/)?"[\x21\x23-\x7e]{0,100}"$/

/** Throws a Fault where what stands there is no card. */
function markOf({ headers, body, isCut }: LoneAnswer): string {
  const tag = headers['etag']
  // A card larger than a heartbeat reads is looked at when the agent is described.
  if (!isCut) refuseOther(body)
  if (typeof tag === 'string' && tagForm.test(tag)) return tagPrefix + tag
  return `d${createHash('sha256').update(body).digest('base64url').slice(0, 22)}`
}

function refuseOther(body: Buffer): void {
  let card: unknown
  try {
    card = JSON.parse(body.toString('utf8'))
  } catch {
    // Said below.
  }
  if (typeof card === 'object' && card !== null && 'name' in card && typeof card.name === 'string') return
  throw new Fault('upstream.invalid', { detail: 'what stands where its card should be is none' })
}

function markAs(mark: string | undefined): Pick<Beat, 'mark'> {
  return mark === undefined ? {} : { mark }
}
