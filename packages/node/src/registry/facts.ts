import { protocolSchema, timeSchema } from '@ambit/core/record'
import { z } from 'zod'

/**
 * How a record stands: `dead` when none of the interfaces that are asked answers; `differs` when it answers, and serves
 * something else than it declares and an operator accepted; `failing` when an answer failed, and it may be a restart.
 */
export const livenessStates = ['unknown', 'alive', 'failing', 'dead', 'differs'] as const
export const livenessStateSchema = z.enum(livenessStates)
export type LivenessState = (typeof livenessStates)[number]

/** How one interface stands. */
export const interfaceStates = ['unknown', 'alive', 'failing', 'dead'] as const
export type InterfaceState = (typeof interfaceStates)[number]

const share = z.number().min(0).max(1)

const interfaceLivenessSchema = z.strictObject({
  protocol: protocolSchema,
  transport: z.string(),
  url: z.string(),
  /** `unknown`: it was never asked, or its transport has no question that is cheap and honest. */
  state: z.enum(interfaceStates),
  since: timeSchema.optional(),
  asked: timeSchema.optional(),
  answered: timeSchema.optional(),
  /** Why the last heartbeat was none. */
  problem: z.string().optional(),
  /** In a row. */
  failures: z.int(),
  /** Share of heartbeats that were answered in the last 24 hours, and today and in the six days before. */
  availability24h: share.optional(),
  availability7d: share.optional(),
  /** Of the last few hundred answers, the upper bound of its class. */
  latencyP50Ms: z.number().optional(),
  latencyP95Ms: z.number().optional(),
})
export type InterfaceLiveness = z.infer<typeof interfaceLivenessSchema>

export const livenessSchema = z.strictObject({
  state: livenessStateSchema,
  /** Since when it is dead or differs. */
  since: timeSchema.optional(),
  /** When any of its interfaces answered last. */
  answered: timeSchema.optional(),
  interfaces: z.array(interfaceLivenessSchema),
  /** Capabilities that it declares and serves otherwise, or not at all. */
  differs: z.array(z.string()),
})
export type RecordLiveness = z.infer<typeof livenessSchema>

export const factsSchema = z.strictObject({
  liveness: livenessSchema.optional(),
  /** The IPv6 address that it has of its own. */
  address: z.string().optional(),
  /** Certificates in force that name it. */
  certificates: z
    .array(z.strictObject({ serial: z.string(), usage: z.string(), notAfter: timeSchema }))
    .optional(),
  /** Keys it may act with, newest first. */
  keys: z.array(z.strictObject({ key: z.string(), state: z.string(), since: timeSchema })).optional(),
  /** Domains of its provider that were proved. */
  domains: z.array(z.strictObject({ domain: z.string(), proved: timeSchema })).optional(),
})
export type RecordFacts = z.infer<typeof factsSchema>

/** What other rooms know of a record (AIC); whichever is not there leaves its part out. */
export interface Facts {
  /** From memory, for lists. */
  stateOf(record: string): LivenessState
  of(record: string, organization: string): Promise<RecordFacts>
}
