import type { Interface } from '@ambit/core/record'
import { Fault } from '@ambit/core/fault'
import type { AgentCard } from '@ambit/core/wire/a2a/card'
import { a2aVersion, readVersion } from '@ambit/core/wire/a2a/version'
import type { A2aVersion } from '@ambit/core/wire/a2a/version'
import type { AddressGuard } from '../../net/address.ts'
import { refuseAddress } from '../../net/upstream.ts'
import { grpcUrl } from './grpc/address.ts'

/**
 * In the card's order, which is the agent's preference, but those of 1.0 before those of 0.3: one address can stand in a
 * card once for each version, so an interface is its binding and its version and never a place in the list.
 */
export function interfacesOf(
  card: AgentCard,
  cardUrl: URL,
  guard: AddressGuard,
  remarks: string[],
): readonly Interface[] {
  const interfaces: Interface[] = []
  let refused: Fault | undefined
  for (const [index, offered] of card.supportedInterfaces.entries()) {
    const version = readVersion(offered.protocolVersion)
    const transport = version === undefined ? undefined : transportOf(offered.protocolBinding, version)
    if (version === undefined || transport === undefined) continue
    const url = transport === 'grpc' ? grpcUrl(offered.url) : httpUrl(offered.url, cardUrl)
    const where = `supportedInterfaces.${index}`
    if (url === undefined) {
      remarks.push(`${where} is left out: its address is not a URL`)
      continue
    }
    const tenant = offered.tenant ?? ''
    try {
      refuseAddress(url, guard)
    } catch (error) {
      refused = Fault.from(error)
      remarks.push(`${where} is left out: ${refused.detail}`)
      continue
    }
    // JSON-RPC says the tenant in each request, the others in the address (gRPC has no paths: the path is the tenant).
    const said = transport === 'jsonrpc' && tenant !== '' ? { tenant } : {}
    if (tenant !== '' && transport !== 'jsonrpc')
      url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(tenant)}`
    noteOtherPlace(cardUrl, url, where, remarks)
    interfaces.push({ protocol: 'a2a', version, url: url.href, transport, ...said, security: [] })
  }
  if (interfaces.length > 0)
    return interfaces.toSorted((left, right) => rank(left) - rank(right)).slice(0, interfacesMax)
  throw (
    refused ??
    new Fault('record.unreachable', {
      detail:
        'its card offers no interface of A2A 1.0 over JSON-RPC, HTTP+JSON or gRPC, nor of 0.3 over the first two',
      where: cardUrl.origin + cardUrl.pathname,
    })
  )
}

/** As many as a record holds. */
const interfacesMax = 20

function httpUrl(text: string, base: URL): URL | undefined {
  return URL.canParse(text, base.href) ? new URL(text, base) : undefined
}

function transportOf(binding: string, version: A2aVersion): 'jsonrpc' | 'http+json' | 'grpc' | undefined {
  if (binding === 'JSONRPC') return 'jsonrpc'
  if (binding === 'HTTP+JSON') return 'http+json'
  return binding === 'GRPC' && version === a2aVersion ? 'grpc' : undefined
}

function rank(offered: Interface): number {
  return offered.version === a2aVersion ? 0 : 1
}

function noteOtherPlace(card: URL, url: URL, where: string, remarks: string[]): void {
  if (url.host !== card.host) remarks.push(`${where} is at ${url.host}, the card at ${card.host}`)
  if (card.protocol === 'https:' && url.protocol === 'http:')
    remarks.push(`${where} is not encrypted, the card is`)
}
