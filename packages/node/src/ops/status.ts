import { z } from 'zod'
import type { Clock } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { DiskState } from './disk-watch.ts'
import type { Series } from '../ledger/ledger.ts'
import { ledgerSchema, ledgerView } from './ledger-status.ts'

export interface StatusParts {
  readonly version: string
  readonly engine: 'sqlite' | 'postgres'
  readonly ledgers: readonly Series[]
  readonly clock: Clock
  readonly observe: boolean
  /** Acts under way that an organisation may know of. */
  inFlight(organization: string): number
  disk(): DiskState
  /** Upstreams that failed again and again, of all organisations. */
  upstreams(): readonly StrugglingUpstream[]
  pendingApprovals(organization: string): Promise<number>
}

/** What a node says of itself that only observes. */
export const observing =
  'AMBIT_OBSERVE is on: this node only observes. What would be asked or refused is performed, and its record says so.'

/** Nothing is sent to it until its pause is over. */
export interface StrugglingUpstream {
  readonly organization: string
  readonly record: string
  readonly state: 'closed' | 'open' | 'half-open'
  readonly failures: number
  readonly reason: string | undefined
  readonly retryAfterMs: number
}

const statusSchema = z.object({
  version: z.string(),
  /** False: the node only observes. */
  enforcing: z.boolean(),
  warnings: z.array(z.string()),
  engine: z.string(),
  ledgers: z.array(ledgerSchema),
  uptimeS: z.number(),
  inFlight: z.number(),
  disk: z.object({
    level: z.enum(['ok', 'low', 'full']),
    freeBytes: z.number(),
    totalBytes: z.number(),
    reserveBytes: z.number(),
    fullInS: z.number().optional(),
  }),
  upstreams: z.array(
    z.object({
      record: z.string(),
      state: z.enum(['closed', 'open', 'half-open']),
      failures: z.number(),
      reason: z.string().optional(),
      retryAfterMs: z.number(),
    }),
  ),
  pendingApprovals: z.number(),
})

/** How the node is: its logs with their keys, what is under way, what waits. */
export function statusRoutes(parts: StatusParts): readonly Route[] {
  const startedMs = parts.clock.monotonicMs()
  return [
    route({
      method: 'GET',
      path: '/api/status',
      summary:
        'Shows the state of the node: its version, store, logs, acts under way, approvals that wait and upstreams given a rest.',
      access: 'person',
      reply: statusSchema,
      async handle({ caller }) {
        return {
          body: {
            version: parts.version,
            enforcing: !parts.observe,
            warnings: parts.observe ? [observing] : [],
            engine: parts.engine,
            ledgers: parts.ledgers.map(ledgerView),
            uptimeS: Math.round((parts.clock.monotonicMs() - startedMs) / 1000),
            inFlight: parts.inFlight(caller.organization),
            disk: parts.disk(),
            upstreams: parts
              .upstreams()
              .filter((upstream) => upstream.organization === caller.organization)
              .map(({ record, state, failures, reason, retryAfterMs }) => ({
                record,
                state,
                failures,
                ...(reason === undefined ? {} : { reason }),
                retryAfterMs,
              })),
            pendingApprovals: await parts.pendingApprovals(caller.organization),
          },
        }
      },
    }),
  ]
}
