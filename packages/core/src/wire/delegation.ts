import { z } from 'zod'
import { allowSchema, chainLinksMax, limitsSchema, mandateSchema } from '../mandate.ts'

/*
 * How a caller hands part of its mandate to the agent it calls, in any protocol: in the metadata of the request under
 * `delegationKey`. The agent gets what it is handed in a header of its request.
 */

/** Member of `_meta` (MCP) and `metadata` (A2A) of a request. */
export const delegationKey = 'ambit/delegate'
/**
 * Header of the request to the agent: a token for this node, or for an agent that keeps its own key the chain, as
 * base64url of a JSON array of signed links. A credential: never logged, never part of a body.
 */
export const mandateHeader = 'ambit-mandate'

/** As long as a delegation may last: what is for longer is a mandate that the person gives. */
const delegationMsMax = 86_400_000

const wishSchema = z.strictObject({
  /** Left out: what the caller's mandate allows. What an entry leaves out is the caller's. */
  allow: z.array(allowSchema).min(1).max(200).optional(),
  limits: limitsSchema.optional(),
  purpose: mandateSchema.shape.purpose.optional(),
  /** Left out: an hour. Never longer than the caller's own mandate. */
  expiresInMs: z.int().min(1000).max(delegationMsMax).optional(),
})

const signedSchema = z.strictObject({
  /** The whole chain, root first; its links are looked at where it is checked. */
  chain: z.array(z.unknown()).min(1).max(chainLinksMax),
})

/** What is handed on: a wish that the node signs with the key it keeps for the caller, or a chain the caller signed. */
export type DelegationWish = z.infer<typeof wishSchema> | z.infer<typeof signedSchema>

export type DelegationReading =
  | { readonly ok: true; readonly wish: DelegationWish | undefined }
  | { readonly ok: false; readonly reason: string }

const none: DelegationReading = { ok: true, wish: undefined }

/** Reads what stands under `delegationKey`, as a caller wrote it. Any input is safe; never throws. */
export function readDelegation(raw: unknown): DelegationReading {
  if (raw === undefined) return none
  const isChain = typeof raw === 'object' && raw !== null && Object.hasOwn(raw, 'chain')
  const parsed = (isChain ? signedSchema : wishSchema).safeParse(raw)
  if (parsed.success) return { ok: true, wish: parsed.data }
  const issue = parsed.error.issues[0]
  const where = [delegationKey, ...(issue?.path ?? []).map(String)].join('.')
  return { ok: false, reason: `\`${where}\`: ${issue?.message ?? 'is no delegation'}` }
}
