import type { ApprovalCard, ApprovalList, Plan } from '../../api/approval-types.ts'

/** Decided cards listed beside the inbox. */
const earlierMax = 20

/** One thing in the inbox: a request, all requests of an agent as one list, or a plan. */
export type Entry =
  | { readonly kind: 'card'; readonly id: string; readonly asked: string; readonly card: ApprovalCard }
  | { readonly kind: 'list'; readonly id: string; readonly asked: string; readonly list: ApprovalList }
  | { readonly kind: 'plan'; readonly id: string; readonly asked: string; readonly plan: Plan }

export interface InboxParts {
  /** Pending and held. */
  readonly waiting: readonly ApprovalCard[]
  readonly all: readonly ApprovalCard[]
  readonly plans: readonly Plan[]
  /** Those shown as one list in place of their cards. */
  readonly lists: readonly ApprovalList[]
  /** What waited during this visit: it keeps its place after it is decided, so that one sees what became of it. */
  readonly met: ReadonlySet<string>
}

/** The inbox in the order in which things were asked, so that a new one never moves a button under a thumb. */
export function arrange({ waiting, all, plans, lists, met }: InboxParts): {
  readonly here: readonly Entry[]
  readonly earlier: readonly ApprovalCard[]
} {
  const newest = new Map<string, ApprovalCard>()
  for (const card of waiting) newest.set(card.id, card)
  // The list of all says more of a card that is decided than a list of waiting ones that is a moment older.
  for (const card of all) if (!waits(card)) newest.set(card.id, card)
  const cards = [...newest.values()].sort(byAsked)
  const listed = new Set(lists.flatMap(({ approvals }) => approvals.map(({ id }) => id)))
  const entries: Entry[] = [
    ...cards
      .filter(
        (card) => (waits(card) || met.has(card.id)) && !(card.state === 'pending' && listed.has(card.id)),
      )
      .map((card) => ({ kind: 'card', id: card.id, asked: card.asked, card }) as const),
    ...lists.map(
      (list) => ({ kind: 'list', id: listKey(list), asked: list.approvals[0]!.asked, list }) as const,
    ),
    ...plans.map((plan) => ({ kind: 'plan', id: plan.id, asked: plan.asked, plan }) as const),
  ]
  const earlier = cards.filter((card) => !waits(card) && card.state !== 'planned' && !met.has(card.id))
  return { here: entries.sort(byAsked), earlier: earlier.reverse().slice(0, earlierMax) }
}

export function listKey({ subject, mandate, agent }: ApprovalList): string {
  return `${subject} ${mandate} ${agent.id}`
}

function waits({ state }: ApprovalCard): boolean {
  return state === 'pending' || state === 'held'
}

function byAsked(left: { readonly asked: string }, right: { readonly asked: string }): number {
  return left.asked < right.asked ? -1 : left.asked > right.asked ? 1 : 0
}
