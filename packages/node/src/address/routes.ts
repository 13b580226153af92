import { Fault } from '@ambit/core/fault'
import { recordStateSchema } from '@ambit/core/record'
import { z } from 'zod'
import type { Clock } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { Registry } from '../registry/registry.ts'
import type { TargetHead } from '../registry/target.ts'
import type { Addresses } from './address.ts'
import { readNameServer, zonesOf } from './zone.ts'

export interface AddressRouteParts {
  /** Undefined: this node gives none. */
  readonly addresses: Addresses | undefined
  readonly registry: Pick<Registry, 'heads'>
  readonly clock: Clock
}

const ttlDefaultS = 3600
const ttlMaxS = 604_800
const nameServersMax = 10

const addressSchema = z.strictObject({
  /** AIC */
  record: z.string(),
  slug: z.string(),
  address: z.string(),
  state: recordStateSchema,
})
const zoneSchema = z.strictObject({ origin: z.string(), text: z.string() })

export function addressRoutes(parts: AddressRouteParts): Route[] {
  const { registry, clock } = parts
  async function listed(organization: string) {
    await parts.addresses?.settled()
    return [...registry.heads(organization)].flatMap((target) => {
      const address = parts.addresses?.of(target.id)
      return address === undefined ? [] : [{ target, address }]
    })
  }
  return [
    route({
      method: 'GET',
      path: '/api/addresses',
      summary: 'Lists the addresses that agents of the organisation have of their own.',
      access: 'person',
      reply: z.strictObject({
        /** Left out: this node gives no addresses. */
        prefix: z.string().optional(),
        addresses: z.array(addressSchema),
      }),
      async handle({ caller }) {
        const rows = await listed(caller.organization)
        const prefix = parts.addresses?.prefix.text
        return { body: { ...(prefix === undefined ? {} : { prefix }), addresses: rows.map(viewOf) } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/addresses/zone',
      summary: 'Writes the names and addresses of agents in force as zones of the domain name system.',
      access: 'person',
      query: z.strictObject({
        origin: z.string().min(1).max(254),
        ttl: z.coerce.number().int().min(1).max(ttlMaxS).default(ttlDefaultS),
        /** Name servers, separated by commas; left out: no SOA and NS are written. */
        ns: z.string().max(3000).optional(),
        contact: z.string().max(320).optional(),
      }),
      reply: z.strictObject({
        forward: zoneSchema,
        reverse: zoneSchema,
        leftOut: z.array(z.strictObject({ slug: z.string(), why: z.string() })),
      }),
      async handle({ caller, query }) {
        const { addresses } = parts
        if (addresses === undefined) {
          throw new Fault('address.off', { detail: 'this node gives agents no addresses', where: 'zone' })
        }
        const rows = await listed(caller.organization)
        const named = rows
          .filter(({ target }) => target.state === 'active')
          .map(({ target, address }) => ({ slug: target.slug, address }))
        const servers = (query.ns ?? '')
          .split(',')
          .map((text) => text.trim())
          .filter((text) => text !== '')
        if (servers.length > nameServersMax)
          throw new Fault('address.zone', {
            detail: `a zone has ${nameServersMax} name servers at most`,
            where: 'ns',
          })
        const zones = zonesOf(named, addresses.prefix, {
          origin: query.origin.toLowerCase().replace(/\.$/, ''),
          ttlS: query.ttl,
          nameServers: servers.map(readNameServer),
          contact: query.contact,
          // Seconds: each export is newer than those before it (RFC 1982).
          serial: Math.floor(clock.now() / 1000) >>> 0,
        })
        return { body: { ...zones, leftOut: [...zones.leftOut] } }
      },
    }),
  ]
}

function viewOf({ target, address }: { readonly target: TargetHead; readonly address: string }) {
  return { record: target.id, slug: target.slug, address, state: target.state }
}
