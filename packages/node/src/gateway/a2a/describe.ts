import { isUtf8 } from 'node:buffer'
import { Fault } from '@ambit/core/fault'
import type { Interface } from '@ambit/core/record'
import { agentCardSchema } from '@ambit/core/wire/a2a/card'
import type { AgentCard } from '@ambit/core/wire/a2a/card'
import { a2aVersion, cardPath } from '@ambit/core/wire/a2a/version'
import type { Clock } from '../../kernel/clock.ts'
import type { AddressGuard } from '../../net/address.ts'
import { fetchWhole } from '../../net/fetch.ts'
import { refuseAddress } from '../../net/upstream.ts'
import type { Upstream } from '../../net/upstream.ts'
import type { Describe, Described } from '../../registry/describe.ts'
import { describedCapabilities } from './card-capabilities.ts'
import { signatureRemarks } from './card-signature.ts'

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
        return described(found, options.guard)
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
  readonly raw: Readonly<Record<string, unknown>>
  readonly card: AgentCard
}

/** The well-known place below the address, then the address itself; only the latter when it names a JSON file. */
async function findCard(
  upstream: Upstream,
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<FoundCard> {
  const places = url.pathname.endsWith('.json') ? [url] : [wellKnown(url), url]
  let missed: Fault | undefined
  for (const place of places) {
    const answer = await fetchWhole(upstream, request(place, headers), cardBytesMax, signal)
    if (answer.status === 200) return readCard(place, answer.body)
    missed = new Fault('record.unreachable', {
      detail: `it answered with the HTTP status ${answer.status} where its card should be`,
      where: place.origin + place.pathname,
    })
    if (answer.status !== 404 && answer.status !== 405) break
  }
  throw missed!
}

function wellKnown(url: URL): URL {
  const place = new URL(url)
  place.pathname = place.pathname.replace(/\/+$/, '') + cardPath
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

function readCard(url: URL, body: Buffer): FoundCard {
  const where = url.origin + url.pathname
  let raw: unknown
  try {
    if (!isUtf8(body)) throw new TypeError('not UTF-8')
    raw = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new Fault('record.unreachable', {
      detail: 'what stands where its card should be is not JSON',
      where,
      cause: error,
    })
  }
  if (isLegacyCard(raw)) {
    throw new Fault('record.unreachable', {
      detail: 'its card is of A2A 0.3, which this node does not speak yet',
      where,
      remedy: 'Ask its owner to serve A2A 1.0 as well.',
    })
  }
  const parsed = agentCardSchema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new Fault('record.unreachable', {
      detail: `its card is not of A2A 1.0: \`${issue?.path.join('.') ?? ''}\`: ${issue?.message ?? 'not of its form'}`,
      where,
    })
  }
  return { url, raw: raw as Readonly<Record<string, unknown>>, card: parsed.data }
}

function isLegacyCard(raw: unknown): boolean {
  if (typeof raw !== 'object' || raw === null) return false
  const { supportedInterfaces, url } = raw as Readonly<Record<string, unknown>>
  return supportedInterfaces === undefined && typeof url === 'string'
}

const semver = /^\d{1,9}\.\d{1,9}\.\d{1,9}(-[0-9A-Za-z.-]{1,60})?(\+[0-9A-Za-z.-]{1,60})?$/

function described(found: FoundCard, guard: AddressGuard): Described {
  const { card, raw } = found
  const remarks: string[] = []
  const interfaces = interfacesOf(found, guard, remarks)
  remarks.push(...signatureRemarks(raw), ...extensionRemarks(card))
  return {
    kind: 'agent',
    name: card.name,
    description: card.description,
    version: semver.test(card.version) ? card.version : undefined,
    provider: { organization: card.provider?.organization, url: card.provider?.url },
    interfaces,
    capabilities: describedCapabilities(card, raw),
    remarks,
  }
}

/** In the card's order, which is the agent's preference. */
function interfacesOf(found: FoundCard, guard: AddressGuard, remarks: string[]): readonly Interface[] {
  const interfaces: Interface[] = []
  let refused: Fault | undefined
  for (const [index, offered] of found.card.supportedInterfaces.entries()) {
    const transport = transportOf(offered.protocolBinding)
    if (transport === undefined || offered.protocolVersion !== a2aVersion) continue
    const url = URL.canParse(offered.url, found.url.href) ? new URL(offered.url, found.url) : undefined
    const where = `supportedInterfaces.${index}`
    if (url === undefined) {
      remarks.push(`${where} is left out: its address is not a URL`)
      continue
    }
    const tenant = offered.tenant ?? ''
    if (tenant !== '' && transport === 'jsonrpc') {
      remarks.push(`${where} is left out: JSON-RPC for a tenant is not sent yet`)
      continue
    }
    try {
      refuseAddress(url, guard)
    } catch (error) {
      refused = Fault.from(error)
      remarks.push(`${where} is left out: ${refused.detail}`)
      continue
    }
    if (tenant !== '') url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(tenant)}`
    noteOtherPlace(found.url, url, where, remarks)
    interfaces.push({ protocol: 'a2a', version: a2aVersion, url: url.href, transport, security: [] })
  }
  if (interfaces.length > 0) return interfaces.slice(0, interfacesMax)
  throw (
    refused ??
    new Fault('record.unreachable', {
      detail: 'its card offers no interface of A2A 1.0 over JSON-RPC or HTTP+JSON',
      where: found.url.origin + found.url.pathname,
    })
  )
}

/** As many as a record holds. */
const interfacesMax = 20

function transportOf(binding: string): 'jsonrpc' | 'http+json' | undefined {
  if (binding === 'JSONRPC') return 'jsonrpc'
  return binding === 'HTTP+JSON' ? 'http+json' : undefined
}

function noteOtherPlace(card: URL, url: URL, where: string, remarks: string[]): void {
  if (url.host !== card.host) remarks.push(`${where} is at ${url.host}, the card at ${card.host}`)
  if (card.protocol === 'https:' && url.protocol === 'http:')
    remarks.push(`${where} is not encrypted, the card is`)
}

function extensionRemarks(card: AgentCard): string[] {
  return (card.capabilities.extensions ?? [])
    .filter((extension) => extension.required === true)
    .map(
      (extension) =>
        `callers must know the extension ${extension.uri?.replaceAll(/[^\x21-\x7e]/g, '?') ?? ''}`,
    )
}
