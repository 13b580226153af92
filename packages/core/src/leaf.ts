import { z } from 'zod'
import { decisionClassSchema } from './decision.ts'
import { labelsSchema } from './label.ts'
import { currencySchema, digestSchema, timeSchema } from './record.ts'

/**
 * Leaves of a node's two logs, each one JSON object in canonical form (RFC 8785). Contents never stand here: only
 * salted commitments (`commitment` in receipt.ts). Every leaf has `v`, `kind` and `at` (advisory: order is the index).
 */
const leaf = { v: z.literal(1), at: timeSchema }
const id = z.string().max(100)
/** Acts under way that were ended: their number, the first of them, and the digest of the whole list. */
const reached = z.strictObject({
  gateway: z.string().max(200),
  stopped: z.int(),
  acts: z.array(id).max(64),
  list: digestSchema,
})
const reason = z.strictObject({ code: z.string().max(100), rule: z.string().max(200) })

/**
 * What an act takes from the budgets of its mandates, where that is not just one call: what a restart counts again.
 * Money in minor units of its currency, as the arguments said.
 */
export const costSchema = z.strictObject({
  calls: z.int().min(0).optional(),
  bytesOut: z.int().min(0).optional(),
  money: z.strictObject({ currency: currencySchema, minor: z.int().min(0) }).optional(),
})

export const intentLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('act.intent'),
  act: id,
  parent: id.optional(),
  trace: id,
  part: z.string().max(200).optional(),
  callers: z.array(z.string().max(200)).max(17),
  links: z.array(id).max(16),
  chain: digestSchema,
  target: digestSchema,
  capability: z.string().max(256),
  definition: digestSchema,
  in: z.string().max(50),
  out: z.string().max(50),
  arguments: digestSchema,
  labels: labelsSchema,
  place: z.string().max(100).optional(),
  /** Epoch of the rulings it was decided under. */
  rulings: z.int(),
  decision: decisionClassSchema,
  approval: id.optional(),
  /** Left out: one call. */
  cost: costSchema.optional(),
  /** Which process of the node wrote it, where several share the log. */
  replica: id.optional(),
  /** On a node that only observes: why it would have asked or refused. */
  observed: z.array(reason).min(1).max(20).optional(),
  /** The act that this one undoes or makes up for. */
  undoes: id.optional(),
})
export type IntentLeaf = z.infer<typeof intentLeafSchema>

export const outcomeLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('act.outcome'),
  act: id,
  /** `not-observed`: decided for a data plane that is not this node's, which alone knows what came of it. */
  status: z.enum(['completed', 'failed', 'cancelled', 'unknown', 'not-observed']),
  result: digestSchema.optional(),
  error: z.string().max(200).optional(),
  durationMs: z.int(),
  /** It never left the node, so that its budgets were given back. Left out: it may have been sent. */
  sent: z.literal(false).optional(),
})
export type OutcomeLeaf = z.infer<typeof outcomeLeafSchema>

export const refusedLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('act.refused'),
  act: id,
  trace: id,
  callers: z.array(z.string().max(200)).max(17),
  links: z.array(id).max(16),
  chain: digestSchema.optional(),
  target: digestSchema.optional(),
  capability: z.string().max(256),
  in: z.string().max(50),
  arguments: digestSchema,
  rulings: z.int(),
  reasons: z.array(reason).min(1).max(20),
})
export type RefusedLeaf = z.infer<typeof refusedLeafSchema>

export const approvalLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('approval'),
  approval: id,
  act: id,
  /**
   * `held` in the outbox, `released` when its window is over or its user let it go early, `denied` is also a veto;
   * `agreed` by the first of two people; `standing` and `ended`: a standing approval begins and ends.
   */
  step: z.enum([
    'asked',
    'held',
    'agreed',
    'approved',
    'released',
    'denied',
    'expired',
    'void',
    'used',
    'standing',
    'ended',
  ]),
  /** Digest of what was shown and is bound (`approval card`). */
  card: digestSchema,
  person: id.optional(),
})
export type ApprovalLeaf = z.infer<typeof approvalLeafSchema>

export const mandateLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('mandate'),
  mandate: id,
  parent: id.optional(),
  step: z.enum(['granted', 'revoked']),
  digest: digestSchema,
  person: id.optional(),
})
export type MandateLeaf = z.infer<typeof mandateLeafSchema>

/** A rule of a person or of an organisation that makes decisions stricter. */
export const ruleLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('rule'),
  rule: id,
  step: z.enum(['set', 'removed']),
  digest: digestSchema,
  person: id,
})
export type RuleLeaf = z.infer<typeof ruleLeafSchema>

/** A person pulled the plug, or put it back in; the proof of how far it reached. */
export const stopLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('stop'),
  stop: id,
  step: z.enum(['stopped', 'lifted']),
  what: z.enum(['everything', 'person', 'agent', 'mandate']),
  /** AIC of the agent, id of the mandate or of the person; left out: everything of the organisation. */
  subject: z.string().max(200).optional(),
  /** In whose name the acts are that it reaches; left out: in anybody's. */
  name: id.optional(),
  organization: id,
  /** Who set or lifted it. */
  person: id,
  /** Acts under way that it ended: their number, the first of them, and the digest of the whole list. */
  reached: reached.optional(),
})
export type StopLeaf = z.infer<typeof stopLeafSchema>

/** Who may do what has changed. */
export const rightsLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('rights'),
  organization: id,
  /** Whose rights. */
  person: id,
  by: id,
  what: z.enum([
    'organization-added',
    'organization-closed',
    'organization-opened',
    'person-added',
    'roles-changed',
    'link-made',
    'signed-in',
    'session-ended',
    'token-made',
    'token-ended',
    'passkey-added',
    'passkey-removed',
    'domain-proved',
    'domain-lost',
    'review-changed',
    'recovery-changed',
  ]),
  roles: z.array(z.string().max(20)).max(10).optional(),
  /** Id of the session, token or passkey. */
  credential: id.optional(),
  /** The domain that the organisation proved, or lost. */
  domain: z.string().max(253).optional(),
  /** How many people it takes now to put a version in force, or to recover the key of an agent. */
  people: z.int().min(1).max(2).optional(),
})
export type RightsLeaf = z.infer<typeof rightsLeafSchema>

/** What happened to a key of a registered agent; in the registry log. */
export const agentKeyLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('agent-key'),
  /** AIC. */
  agent: id,
  /** did:key */
  key: z.string().max(200),
  /**
   * `named` in a record in force, `rotated` in by its predecessor, `recovered` by the responsible person, `retired`,
   * `compromised`: never again.
   */
  step: z.enum(['named', 'rotated', 'recovered', 'retired', 'compromised']),
  /** The key that brought it in, or that takes its place. */
  other: z.string().max(200).optional(),
  /** It still speaks for the agent until then. */
  until: timeSchema.optional(),
  /** Digest of the signed statement, where a key said it itself. */
  statement: digestSchema.optional(),
  /** Who said it, where people did: one, or two. */
  people: z.array(id).max(2).optional(),
})
export type AgentKeyLeaf = z.infer<typeof agentKeyLeafSchema>

export const recordLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('record'),
  record: id,
  slug: z.string().max(63),
  version: z.string().max(200),
  digest: digestSchema,
})
export type RecordLeaf = z.infer<typeof recordLeafSchema>

export const rulingLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('ruling'),
  ruling: id,
  what: z.string().max(50),
  record: id,
  digests: z.array(digestSchema).max(100),
  digest: digestSchema,
  /** In the activity log: how far the ruling reached on this gateway. */
  reached: reached.optional(),
})
export type RulingLeaf = z.infer<typeof rulingLeafSchema>

/** A certificate authority gave a certificate to an agent, or took some back: nothing that it signed stays unknown. */
export const certificateLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('certificate'),
  step: z.enum(['issued', 'revoked']),
  record: id,
  /** Upper-case hexadecimal. */
  serials: z.array(z.string().max(40)).min(1).max(64),
  usage: z.enum(['clientAuth', 'serverAuth']).optional(),
  /** Of the certificate in DER. */
  digest: digestSchema.optional(),
  /** RFC 5280, section 5.3.1. */
  reason: z.int().min(0).max(10).optional(),
})
export type CertificateLeaf = z.infer<typeof certificateLeafSchema>

/** Whoever runs the node looked for agents that nobody registered: over what, and how it ended. */
export const scanLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('scan'),
  scan: id,
  step: z.enum(['began', 'done', 'cancelled', 'out-of-time', 'failed']),
  organization: id,
  person: id,
  networks: z.array(z.string().max(50)).max(64),
  /** How many addresses these are. */
  addresses: z.int(),
  ports: z.array(z.int()).max(64),
  /** At its end. */
  found: z.int().optional(),
})
export type ScanLeaf = z.infer<typeof scanLeafSchema>

export const eraseLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('erase'),
  subject: digestSchema,
  ground: z.string().max(500),
  by: id,
})

export const keyLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('key'),
  origin: z.string().max(300),
  vkey: z.string().max(300),
  /** The log's second key, ML-DSA-44, where the runtime that began the log offered it. */
  secondVkey: z.string().max(2500).optional(),
  /** The log that this one continues; a log without one is the first of its series. Its head is entry 1. */
  predecessor: z
    .strictObject({
      origin: z.string().max(300),
      vkey: z.string().max(300),
      /** Why it ended: `half-year`, `size`, `rotation` or `loss`. */
      why: z.enum(['half-year', 'size', 'rotation', 'loss']),
      /** In the words of whoever asked for it. */
      reason: z.string().max(500).optional(),
    })
    .optional(),
})

export type KeyLeaf = z.infer<typeof keyLeafSchema>

/** Entry 1 of a log that continues another: the last checkpoint of that one, with the signatures of its witnesses. */
export const predecessorLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('predecessor'),
  checkpoint: z.string().max(7500),
  /** The log ended by loss: so many of the entries that the checkpoint signed are still there. */
  lost: z.strictObject({ kept: z.int().min(0) }).optional(),
})
export type PredecessorLeaf = z.infer<typeof predecessorLeafSchema>

/** The entries of a frozen log are deleted under the written retention; its hashes and its checkpoint stay. */
export const pruneLeafSchema = z.strictObject({
  ...leaf,
  kind: z.literal('prune'),
  origin: z.string().max(300),
  size: z.int(),
  root: z.string().max(44),
  /** The retention it was done under. */
  months: z.int(),
})

export const leafSchema = z.discriminatedUnion('kind', [
  intentLeafSchema,
  outcomeLeafSchema,
  refusedLeafSchema,
  approvalLeafSchema,
  mandateLeafSchema,
  ruleLeafSchema,
  stopLeafSchema,
  rightsLeafSchema,
  recordLeafSchema,
  agentKeyLeafSchema,
  rulingLeafSchema,
  certificateLeafSchema,
  scanLeafSchema,
  eraseLeafSchema,
  keyLeafSchema,
  predecessorLeafSchema,
  pruneLeafSchema,
])
export type Leaf = z.infer<typeof leafSchema>

/** The longest entry our writers make, in bytes; the log itself takes up to 65,535. */
export const entryBytesMax = 8192
