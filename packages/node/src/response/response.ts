import type { Digest } from '@ambit/core/digest'
import type { Clock } from '../kernel/clock.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Order, Recall, Registry } from '../registry/registry.ts'
import { carryOut } from './recall.ts'

/** Ends the acts that are under way for a subject, as callee and as caller; the gateway provides it. */
export interface StopInFlight {
  (subject: {
    readonly digests: readonly Digest[]
    /** AIC. */
    readonly record: string
    /** Code of the reason, for the callers of what is stopped. */
    readonly reason: 'record.recalled' | 'record.suspended'
  }): Promise<{ readonly stopped: number; readonly acts: readonly string[] }>
}

/** Carries out what authorities rule: recalls, suspensions, and their end. */
export type Response = Recall

export interface ResponseParts {
  readonly registry: Pick<Registry, 'step' | 'takedowns'>
  readonly stop: StopInFlight
  /** The activity log. */
  readonly log: LeafWriter
  readonly clock: Clock
  /** Name of this gateway in the leaf: the origin of its activity log. */
  readonly gateway: string
}

export function openResponse(parts: ResponseParts): Response {
  const { registry } = parts
  return {
    recall: async (order: Order) =>
      await carryOut(parts, 'record.recalled', async () => await registry.step({ ...order, step: 'recall' })),
    suspend: async (order: Order) =>
      await carryOut(
        parts,
        'record.suspended',
        async () => await registry.step({ ...order, step: 'suspension' }),
      ),
    takeDown: async (request) =>
      await carryOut(parts, 'record.recalled', async () => await registry.takedowns.takeDown(request)),
    async reinstate(order) {
      const { ruling } = await registry.step({ ...order, step: 'reinstatement' })
      return { ruling: ruling! }
    },
  }
}
