import type { Connection, Options } from './connection.ts'

/** The IPv6 address that an agent has of its own. */
export interface AgentAddress {
  /** AIC */
  readonly record: string
  readonly slug: string
  readonly address: string
  readonly state: string
}

export interface Zone {
  readonly origin: string
  /** As name servers read it (RFC 1035, section 5). */
  readonly text: string
}

export interface Zones {
  /** Names of agents in force and their addresses. */
  readonly forward: Zone
  /** Their addresses and names. */
  readonly reverse: Zone
  /** Names that cannot stand in a zone. */
  readonly leftOut: readonly { readonly slug: string; readonly why: string }[]
}

export interface ZoneRequest {
  /** Below which the names of agents stand: `agents.example`. */
  readonly origin: string
  /** Seconds for which an answer may be kept. */
  readonly ttl?: number
  /** Name servers of the zones; one whose name lies in the zone is written `<name>/<IPv6 address>`. Left out: no SOA, no NS. */
  readonly ns?: readonly string[]
  /** Mail address of whoever is responsible for the zones. */
  readonly contact?: string
}

/**
 * The IPv6 addresses of agents, at which a node answers for one agent alone.
 *
 * @example
 * ```ts
 * const { addresses } = await ambit.addresses.list()
 * const { forward } = await ambit.addresses.zone({ origin: 'agents.example' })
 * ```
 */
export function addressCalls({ call }: Connection) {
  return {
    /** `prefix` is left out where the node gives no addresses. */
    async list({ signal }: Options = {}) {
      return await call<{ prefix?: string; addresses: readonly AgentAddress[] }>('GET', '/api/addresses', {
        signal,
      })
    },
    async zone({ origin, ttl, ns, contact }: ZoneRequest, { signal }: Options = {}) {
      const servers = ns === undefined || ns.length === 0 ? undefined : ns.join(',')
      return await call<Zones>('GET', '/api/addresses/zone', {
        query: { origin, ttl, ns: servers, contact },
        signal,
      })
    },
  }
}
