import { Fault } from '@ambit/core/fault'
import { timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import { likelyPorts, portsMax } from './likely-ports.ts'
import type { Endpoint, Scan, Scans } from './scan.ts'

const networksMax = 64
/** In one answer: some megabytes at most. */
const endpointsMax = 10_000

const wishSchema = z.strictObject({
  /** Left out: this machine. IPv4 networks of a /20 at most; IPv6 as single addresses. */
  networks: z.array(z.string().min(1).max(50)).min(1).max(networksMax).optional(),
  /** Left out: where agents are likely to listen. */
  ports: z.array(z.int().min(1).max(65_535)).min(1).max(portsMax).optional(),
})

const findingSchema = z.strictObject({
  /** `ambit`: a listener of this node. */
  protocol: z.enum(['mcp', 'a2a', 'ambit']),
  transport: z.enum(['streamable-http', 'sse', 'card']).optional(),
  /** What to register. */
  url: z.string().optional(),
  address: z.string(),
  port: z.int(),
  /** Of the protocol, and what it calls itself: its own words. */
  version: z.string().optional(),
  name: z.string().optional(),
  /** It wants to know who asks before it says more. */
  wantsCredentials: z.literal(true).optional(),
  standing: z.enum(['unregistered', 'registered', 'own']),
  /** The record, where it is one of your organisation. */
  slug: z.string().optional(),
  /** False: it cannot be registered before AMBIT_ALLOW_ADDRESSES names its address. */
  callable: z.boolean(),
})

const scanSchema = z.strictObject({
  id: z.string(),
  by: z.string(),
  networks: z.array(z.string()),
  ports: z.array(z.int()),
  state: z.enum(['running', 'done', 'cancelled', 'out-of-time', 'failed']),
  began: timeSchema,
  ended: timeSchema.optional(),
  /** Ports of addresses that were tried, of how many, and how many are open. */
  tried: z.int(),
  of: z.int(),
  open: z.int(),
  findings: z.array(findingSchema),
  /** Found beyond what is kept. */
  more: z.int(),
})

const endpointSchema = z.strictObject({
  slug: z.string(),
  protocol: z.string(),
  /** The address; `stdio:` for a command. */
  url: z.string(),
  command: z.strictObject({ program: z.string(), args: z.array(z.string()) }).optional(),
})

/** Where a record answers, or by which command it is started. */
export interface KnownEndpoint extends Omit<Endpoint, 'organization'> {
  readonly command?: { readonly program: string; readonly args: readonly string[] }
}

export interface ScanRouteParts {
  readonly scans: Scans
  /** Those of one organisation. */
  readonly endpoints: (organization: string) => Iterable<KnownEndpoint>
}

/** What a scan tells of the networks is the business of those who run the node, at a screen: no token may ask for it. */
const guarded = { access: ['owner', 'operator'], nodeOnly: true, sessionOnly: true } as const
const params = z.strictObject({ id: z.string().min(1).max(100) })

export function scanRoutes({ scans, endpoints }: ScanRouteParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/scans',
      summary:
        'Begins to look for agents and tool servers that nobody registered, on this machine or own networks.',
      ...guarded,
      body: wishSchema,
      reply: scanSchema,
      status: 202,
      handle: async ({ caller, body }) => ({ status: 202, body: copy(await scans.start(caller, body)) }),
    }),
    route({
      method: 'GET',
      path: '/api/scans',
      summary: 'Lists the scans since the node started, newest first, and what may be scanned.',
      ...guarded,
      reply: z.strictObject({
        scans: z.array(scanSchema),
        networks: z.array(z.string()),
        ports: z.array(z.strictObject({ port: z.int(), what: z.string() })),
      }),
      handle: async () => ({
        body: {
          scans: scans.list().map((scan) => copy(scan)),
          networks: [...scans.networks],
          ports: [...likelyPorts],
        },
      }),
    }),
    route({
      method: 'GET',
      path: '/api/scans/:id',
      summary: 'Shows how far a scan has come and what it has found.',
      ...guarded,
      params,
      reply: scanSchema,
      handle: async ({ params: { id } }) => ({ body: copy(found(scans.get(id), id)) }),
    }),
    route({
      method: 'POST',
      path: '/api/scans/:id/cancel',
      summary: 'Ends a scan; what it has found stays.',
      ...guarded,
      params,
      reply: scanSchema,
      handle: async ({ params: { id } }) => ({ body: copy(found(await scans.cancel(id), id)) }),
    }),
    route({
      method: 'GET',
      path: '/api/endpoints',
      summary: 'Lists where the records of the organisation answer: their addresses and commands.',
      access: 'person',
      reply: z.strictObject({
        endpoints: z.array(endpointSchema),
        /** False: there are more than one answer holds. */
        complete: z.boolean(),
      }),
      async handle({ caller }: { readonly caller: Caller }) {
        const all = [...Iterator.from(endpoints(caller.organization)).take(endpointsMax + 1)]
        const shown = all.slice(0, endpointsMax).map(({ command, ...each }) => ({
          ...each,
          ...(command === undefined ? {} : { command: { ...command, args: [...command.args] } }),
        }))
        return { body: { endpoints: shown, complete: all.length <= endpointsMax } }
      },
    }),
  ]
}

function found(scan: Scan | undefined, id: string): Scan {
  if (scan !== undefined) return scan
  throw new Fault('input.not-found', {
    detail: 'there is no such scan; a node keeps the last twenty since it started',
    where: id.slice(0, 100),
  })
}

function copy(scan: Scan): z.input<typeof scanSchema> {
  return {
    ...scan,
    networks: [...scan.networks],
    ports: [...scan.ports],
    findings: [...scan.findings],
  }
}
