import { isUtf8 } from 'node:buffer'
import { Fault } from '@ambit/core/fault'
import type { AgentCard } from '@ambit/core/wire/a2a/card'
import { a2aVersion, cardPath, formerCardPath } from '@ambit/core/wire/a2a/version'
import type { Clock } from '../../kernel/clock.ts'
import type { AddressGuard } from '../../net/address.ts'
import { fetchWhole } from '../../net/fetch.ts'
import { refuseAddress } from '../../net/upstream.ts'
import type { Upstream } from '../../net/upstream.ts'
import type { Describe, Described } from '../../registry/describe.ts'
import { describedCapabilities } from './card-capabilities.ts'
import { interfacesOf } from './card-interfaces.ts'
import { knownKeysOf, signatureRemarks } from './card-signature.ts'
import type { KeyOf } from './card-signature.ts'
import { readCard } from './cards/card-reading.ts'

/** Cards are a few KiB; this leaves room for hundreds of skills. */
const cardBytesMax = 1024 * 1024
/** For all attempts together. */
const describeTimeoutMs = 15_000
/** Until the head of one answer. */
const headTimeoutMs = 10_000

export interface A2aDescribeOptions {
  readonly upstream: Upstream
  readonly guard: AddressGuard
  readonly clock: Clock
  /** Whose key a card was signed with; left out: nobody's is known. */
  readonly keyOf?: KeyOf
}

/** Reads an agent's card, from the address of the card or of the agent. */
export function createA2aDescribe(options: A2aDescribeOptions): Describe {
  return {
    protocol: 'a2a',
    async describe(source, headers, signal) {
      if (!('url' in source)) {
        throw new Fault('input.invalid', {
          detail: 'an A2A agent is reached by an address, not started by a command',
          where: 'command',
          remedy: 'Give the address of the agent or of its card.',
        })
      }
      const url = addressOf(source.url)
      refuseAddress(url, options.guard)
      const deadline = new AbortController()
      const stop = options.clock.after(describeTimeoutMs, () => deadline.abort())
      try {
        const found = await findCard(
          options.upstream,
          url,
          headers,
          AbortSignal.any([signal, deadline.signal]),
        )
        const { keyOf } = options
        const known = keyOf === undefined ? undefined : await knownKeysOf(found.raw, keyOf, deadline.signal)
        return described(found, options.guard, signatureRemarks(found.raw, known))
      } finally {
        stop()
      }
    },
  }
}

function addressOf(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new Fault('input.invalid', { detail: 'the address is not a URL', where: 'url' })
}

interface FoundCard {
  readonly url: URL
  /** As it came, of whichever version. */
  readonly text: string
  readonly raw: Readonly<Record<string, unknown>>
  /** The same in 1.0. */
  readonly card10: Readonly<Record<string, unknown>>
  readonly card: AgentCard
}

/**
 * The well-known places below the address, the present one first, then the address itself; only the latter when it
 * names a JSON file.
 */
async function findCard(
  upstream: Upstream,
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<FoundCard> {
  const places = url.pathname.endsWith('.json')
    ? [url]
    : [wellKnown(url, cardPath), wellKnown(url, formerCardPath), url]
  let missed: Fault | undefined
  for (const place of places) {
    const answer = await fetchWhole(upstream, request(place, headers), cardBytesMax, signal)
    if (answer.status === 200) return foundCard(place, answer.body)
    missed = new Fault('record.unreachable', {
      detail: `it answered with the HTTP status ${answer.status} where its card should be`,
      where: place.origin + place.pathname,
    })
    if (answer.status !== 404 && answer.status !== 405) break
  }
  throw missed!
}

function wellKnown(url: URL, path: string): URL {
  const place = new URL(url)
  place.pathname = place.pathname.replace(/\/+$/, '') + path
  place.search = ''
  place.hash = ''
  return place
}

function request(url: URL, headers: Readonly<Record<string, string>>): Parameters<typeof fetchWhole>[1] {
  return {
    url,
    method: 'GET',
    headers: ['accept', 'application/json', 'a2a-version', a2aVersion, ...Object.entries(headers).flat()],
    body: null,
    headTimeoutMs,
    idleTimeoutMs: headTimeoutMs,
  }
}

function foundCard(url: URL, body: Buffer): FoundCard {
  const where = url.origin + url.pathname
  const text = body.toString('utf8')
  let raw: unknown
  try {
    if (!isUtf8(body)) throw new TypeError('not UTF-8')
    raw = JSON.parse(text)
  } catch (error) {
    throw new Fault('record.unreachable', {
      detail: 'what stands where its card should be is not JSON',
      where,
      cause: error,
    })
  }
  const reading = readCard(raw)
  if (!reading.ok) throw new Fault('record.unreachable', { detail: `its card ${reading.wrong}`, where })
  const { card, card10 } = reading
  // Only an object is a card.
  return { url, text, raw: raw as FoundCard['raw'], card10, card }
}

const semver = /^\d{1,9}\.\d{1,9}\.\d{1,9}(-[0-9A-Za-z.-]{1,60})?(\+[0-9A-Za-z.-]{1,60})?$/

function described(found: FoundCard, guard: AddressGuard, signed: readonly string[]): Described {
  const { card, card10, text } = found
  const remarks: string[] = []
  const interfaces = interfacesOf(card, found.url, guard, remarks)
  remarks.push(...signed, ...extensionRemarks(card))
  return {
    kind: 'agent',
    name: card.name,
    description: card.description,
    version: semver.test(card.version) ? card.version : undefined,
    provider: { organization: card.provider?.organization, url: card.provider?.url },
    interfaces,
    capabilities: describedCapabilities(card, card10),
    document: text,
    remarks,
  }
}

function extensionRemarks(card: AgentCard): string[] {
  return (card.capabilities.extensions ?? [])
    .filter((extension) => extension.required === true)
    .map(
      (extension) =>
        `callers must know the extension ${extension.uri?.replaceAll(/[^\x21-\x7e]/g, '?') ?? ''}`,
    )
}
