import { Fault } from '@ambit/core/fault'
import type { IntentLeaf, Leaf } from '@ambit/core/leaf'
import { receiptSchema } from '@ambit/core/receipt'
import { z } from 'zod'
import { defaultOrganization } from '../identity/identity.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import type { Contents } from '../contents/contents.ts'
import { openLeaves } from './openings.ts'
import type { Opener } from './openings.ts'
import type { Receipts } from './receipt.ts'

export interface ReceiptRouteParts {
  readonly receipts: Receipts
  /** Slug and title of a record by the digest of one of its versions. */
  readonly targetOf: (digest: string) => { readonly slug: string; readonly title: string } | undefined
  /** The person whose decision an approval waits, or waited, for: an act that was only asked names no caller. */
  subjectOf(approval: string): Promise<string | undefined>
  /**
   * What an act is about that nobody decided yet: the log has only the id of its approval. Undefined once erased, and
   * for another organisation than its own.
   */
  readonly askedOf: (approval: string, organization: string) => Promise<Matter | undefined>
  /** Of a person, or of a registered agent by its AIC. */
  readonly organizationOf: (caller: string) => Promise<string | undefined>
  readonly contents: Pick<Contents, 'read'>
  readonly opener: Opener
}

/** What an act is about, as the entry of its intent or refusal has it. */
type Matter = Pick<IntentLeaf, 'callers' | 'target' | 'capability' | 'in'>

const feedMax = 200
const actParams = z.object({ id: z.string().max(64) })

const actSchema = z.object({
  act: z.string(),
  at: z.string(),
  callers: z.array(z.string()),
  target: z.object({ slug: z.string(), title: z.string() }).optional(),
  capability: z.string(),
  in: z.string(),
  decision: z.string(),
  status: z.string().optional(),
  error: z.string().optional(),
  reasons: z.array(z.object({ code: z.string(), rule: z.string() })).optional(),
  durationMs: z.number().optional(),
})

/** Acts as those may see them whose acts they are, and whoever owns or audits the node. */
export function receiptRoutes(given: ReceiptRouteParts): readonly Route[] {
  const parts = { ...given, organizationOf: remembered(given.organizationOf) }
  return [feedRoute(parts), receiptRoute(parts), contentsRoute(parts)]
}

/** Callers remembered, about 100 bytes each. */
const callersMax = 10_000

/** Nobody changes from one organisation to another, so whoever was found is not looked up again. */
function remembered(find: ReceiptRouteParts['organizationOf']): ReceiptRouteParts['organizationOf'] {
  const known = new BoundedMap<string, string>(callersMax)
  return async (caller) => {
    const found = known.get(caller) ?? (await find(caller))
    if (found !== undefined) known.set(caller, found)
    return found
  }
}

function feedRoute(parts: ReceiptRouteParts): Route {
  const { receipts } = parts
  return route({
    method: 'GET',
    path: '/api/acts',
    summary: 'Lists recent acts, newest first: who, what, how it was decided and how it ended.',
    access: 'person',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(feedMax).default(50),
      before: z.coerce.number().int().min(0).optional(),
    }),
    reply: z.object({ acts: z.array(actSchema), next: z.number().optional() }),
    async handle({ caller, query }) {
      const may = async (leaves: readonly Leaf[]) => await maySee(parts, caller, leaves)
      const feed = await receipts.feed(query.limit, query.before, may)
      const acts = await Promise.all(
        feed.acts.map(async ({ act, leaves }) => await actView(parts, caller, act, leaves)),
      )
      return { body: { acts, ...(feed.next === undefined ? {} : { next: feed.next }) } }
    },
  })
}

function receiptRoute(parts: ReceiptRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/acts/:id/receipt',
    summary:
      'Gives the receipt of an act: its leaves, their proofs and a signed checkpoint, verifiable offline.',
    access: 'person',
    params: actParams,
    reply: receiptSchema,
    async handle({ caller, params }) {
      return { body: await parts.receipts.receipt(params.id, (leaves) => maySee(parts, caller, leaves)) }
    },
  })
}

const openedSchema = z.object({
  openings: z.array(
    z.object({ index: z.number(), field: z.string(), salt: z.string(), text: z.string().optional() }),
  ),
  unopened: z.array(
    z.object({
      index: z.number(),
      field: z.string(),
      reason: z.enum(['too-large', 'not-text', 'damaged', 'expired', 'missing']),
      salt: z.string().optional(),
    }),
  ),
})

function contentsRoute(parts: ReceiptRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/acts/:id/contents',
    summary:
      'Opens what was said in your own act, as openings that its receipt can carry to prove it to others.',
    access: 'person',
    params: actParams,
    reply: openedSchema,
    async handle({ caller, params: { id } }) {
      const leaves = await parts.receipts.leaves(id, (all) => maySee(parts, caller, all))
      const seen = leaves.map(({ leaf }) => leaf)
      if (!isOwn(caller, seen))
        throw new Fault('contents.not-yours', { detail: 'it is the act of another person' })
      const end = seen.find(({ kind }) => kind === 'act.outcome' || kind === 'act.refused')
      const reading = await parts.contents.read({
        person: caller.person,
        act: id,
        // Ids begin with their time.
        from: Number.parseInt(id.slice(0, 12), 16),
        to: end && Date.parse(end.at),
      })
      const { openings, unopened } = openLeaves(leaves, reading, parts.opener)
      return { body: { openings: [...openings], unopened: [...unopened] } }
    },
  })
}

function isOwn(caller: Caller, leaves: readonly Leaf[]): boolean {
  return leaves.some((leaf) => 'callers' in leaf && leaf.callers.includes(caller.person))
}

/** Whose act it is sees it; owners and auditors see those of their own organisation. */
async function maySee(parts: ReceiptRouteParts, caller: Caller, leaves: readonly Leaf[]): Promise<boolean> {
  if (isOwn(caller, leaves)) return true
  const asked = leaves.find((leaf) => leaf.kind === 'approval')
  const subject = asked && (await parts.subjectOf(asked.approval))
  if (subject === caller.person) return true
  if (!caller.roles.includes('owner') && !caller.roles.includes('auditor')) return false
  const named = leaves.flatMap((leaf) => ('callers' in leaf ? leaf.callers : []))
  return (
    (await organizationOf(parts, subject === undefined ? named : [...named, subject])) === caller.organization
  )
}

/** Of the last who is known: the person stands last. What names nobody concerns those who run the node. */
async function organizationOf(parts: ReceiptRouteParts, callers: readonly string[]): Promise<string> {
  for (const caller of callers.toReversed()) {
    const organization = await parts.organizationOf(caller)
    if (organization !== undefined) return organization
  }
  return defaultOrganization
}

async function actView(
  { targetOf, askedOf }: ReceiptRouteParts,
  { organization }: Caller,
  act: string,
  leaves: readonly Leaf[],
): Promise<z.input<typeof actSchema>> {
  const first = leaves.find((leaf) => leaf.kind === 'act.intent' || leaf.kind === 'act.refused')
  const outcome = leaves.find((leaf) => leaf.kind === 'act.outcome')
  const asked = leaves.find((leaf) => leaf.kind === 'approval')
  const base = leaves[0]
  if (base === undefined) throw new Fault('act.unknown', { detail: 'an act without leaves' })
  const matter = first ?? (asked && (await askedOf(asked.approval, organization)))
  const target = matter?.target === undefined ? undefined : targetOf(matter.target)
  return {
    act,
    at: (first ?? base).at,
    callers: matter?.callers ?? [],
    ...(target === undefined ? {} : { target }),
    capability: matter?.capability ?? '',
    in: matter?.in ?? '',
    decision: decisionOf(leaves),
    ...(outcome === undefined ? {} : { status: outcome.status, durationMs: outcome.durationMs }),
    ...(outcome?.error === undefined ? {} : { error: outcome.error }),
    ...(first?.kind === 'act.refused' ? { reasons: first.reasons } : {}),
  }
}

function decisionOf(leaves: readonly Leaf[]): string {
  if (leaves.some((leaf) => leaf.kind === 'act.refused')) return 'refuse'
  const isHeld = leaves.some((leaf) => leaf.kind === 'approval' && leaf.step === 'held')
  const intent = leaves.find((leaf) => leaf.kind === 'act.intent')
  if (intent === undefined) return isHeld ? 'held' : 'ask'
  return intent.approval === undefined || isHeld ? 'allow' : 'approved'
}
