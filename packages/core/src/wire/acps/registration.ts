import { z } from 'zod'

/*
 * The registration API of an ACPs registry, below `/api/v1` (reference server 2.1; ATR v02.02 section 3.2 gives the
 * steps and no wire format).
 */

/** Where a registration stands. */
export const approvalStatuses = ['DRAFT', 'PENDING', 'APPROVED', 'REJECTED'] as const
export type ApprovalStatus = (typeof approvalStatuses)[number]

/** JSON, or a form of OAuth's password grant, whose other members say nothing here. */
export const loginSchema = z.object({
  username: z.string().trim().min(1).max(300),
  password: z.string().min(1).max(300),
})

/** A capability specification as an object or as its text; the members beside it say the same once more. */
export const agentDraftSchema = z.object({
  name: z.string().max(200).optional(),
  version: z.string().max(150).optional(),
  description: z.string().max(20_000).nullish(),
  logo_url: z.string().max(1000).nullish(),
  acs: z.union([z.string().max(262_144), z.record(z.string(), z.unknown())]).nullish(),
  is_ontology: z.boolean().optional(),
})
export type AgentDraft = z.infer<typeof agentDraftSchema>

export const processSchema = z.object({
  approve: z.boolean(),
  comments: z.string().max(2000).nullish(),
})

/** Why an agent is disabled or deleted: a bare text, or none. */
export const reasonSchema = z.string().max(2000).optional()

const flag = z.enum(['true', 'false']).optional()

export const agentListSchema = z.object({
  page_num: z.coerce.number().int().min(1).max(1_000_000).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(10),
  statuses: z.array(z.enum(approvalStatuses)).max(10).default([]),
  name: z.string().max(200).optional(),
  version: z.string().max(150).optional(),
  aic: z.string().max(100).optional(),
  is_ontology: flag,
  is_deleted: flag,
  is_disabled: flag,
})
export type AgentListQuery = z.infer<typeof agentListSchema>

/** An agent as the API shows it. */
export interface RegisteredAgent {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly description: string
  readonly logo_url: string | null
  readonly acs: Readonly<Record<string, unknown>>
  readonly is_ontology: boolean
  /** Empty until it is approved. */
  readonly aic: string
  readonly is_active: boolean
  readonly is_deleted: boolean
  readonly is_disabled: boolean
  readonly approval_status: ApprovalStatus
  readonly created_at: string
  readonly updated_at: string
  readonly submitted_at: string | null
  readonly processed_by_id: string | null
  readonly processed_at: string | null
  readonly process_comments: string | null
}
