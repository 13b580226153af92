import type { ApprovalCard, ApprovalList } from '../src/api/approval-types.ts'
import type { Asked, Reply } from './fake-routes.ts'
import type { FakeState } from './fake-state.ts'
import { fakeDigest } from './fake-records.ts'

/** `/approvals`: deciding is the node's; here a yes is a yes. */
export async function approvals(
  { state, method, query, body }: Asked,
  id: string | undefined,
  verb: string | undefined,
): Promise<Reply> {
  if (id === undefined) {
    const wanted = query.get('state')
    return { body: { approvals: state.approvals.filter((card) => wanted === null || card.state === wanted) } }
  }
  if (id === 'together') return method === 'GET' ? { body: listsOf(state) } : await together(state, body)
  const card = state.approvals.find((each) => each.id === id)
  if (card === undefined) return undefined
  if (verb === undefined) return { body: card }
  if (card.state !== 'pending' && card.state !== 'held') return decided
  if (verb === 'deny') {
    state.decide(id, 'denied')
    return { body: cardOf(state, id) }
  }
  if (verb === 'form') return { body: formOf(card) }
  const said = (body ?? {}) as {
    digest?: string
    values?: Record<string, unknown>
    remember?: { days: number }
  }
  if (said.digest !== card.digest) return changed
  if (verb === 'edit') return { body: edited(state, card, said.values ?? {}) }
  if (said.remember !== undefined) remember(state, card, said.remember.days)
  await perform(state, card)
  return { body: cardOf(state, id) }
}

const decided = {
  status: 409,
  problem: 'approval.decided',
  title: 'It was decided before, or is over',
  detail: 'it is decided',
}
const changed = {
  status: 409,
  problem: 'approval.changed',
  title: 'The card is not what you saw',
  detail: 'it changed',
}

function cardOf(state: FakeState, id: string): ApprovalCard | undefined {
  return state.approvals.find((each) => each.id === id)
}

async function perform(state: FakeState, card: ApprovalCard): Promise<void> {
  const summary = {
    act: card.act,
    at: new Date().toISOString(),
    callers: [card.agent.id],
    target: { slug: 'payments-clerk', title: card.tool.target },
    capability: card.tool.title,
    in: 'mcp/2026-07-28',
    decision: 'approved',
    status: 'completed',
    durationMs: 1204,
  } as const
  await state.acts.tell({
    summary,
    approval: card.id,
    arguments: Object.fromEntries(card.arguments.map((each) => [each.name, each.text])),
  })
  state.decide(card.id, 'done')
}

function listsOf(state: FakeState): { rest: boolean; lists: readonly ApprovalList[] } {
  const waiting = state.approvals.filter((card) => card.state === 'pending' && card.mode === 'act')
  const byAgent = Map.groupBy(waiting, ({ agent }) => agent.id)
  const lists = [...byAgent.values()].map((cards) => ({
    mandate: cards[0]!.mandate.id,
    subject: state.me.person.id,
    agent: cards[0]!.agent,
    approvals: cards,
  }))
  return { rest: state.rest, lists }
}

async function together(state: FakeState, body: unknown): Promise<Reply> {
  const { approve, deny } = body as { approve: readonly { id: string }[]; deny: readonly string[] }
  for (const id of deny) state.decide(id, 'denied')
  for (const { id } of approve) await perform(state, cardOf(state, id)!)
  return { body: { approved: approve.map(({ id }) => id), failed: [] } }
}

/** The texts of a card are JSON. */
function formOf(card: ApprovalCard) {
  const values = card.arguments.map(({ name, text }) => [name, JSON.parse(text) as unknown])
  return { digest: card.digest, values: Object.fromEntries(values) as Record<string, unknown>, secrets: [] }
}

function edited(
  state: FakeState,
  card: ApprovalCard,
  values: Readonly<Record<string, unknown>>,
): ApprovalCard {
  const next: ApprovalCard = {
    ...card,
    digest: fakeDigest(`${card.digest} ${JSON.stringify(values)}`),
    arguments: card.arguments.map((each) =>
      Object.hasOwn(values, each.name)
        ? { ...each, text: JSON.stringify(values[each.name]), changed: true }
        : each,
    ),
  }
  state.approvals[state.approvals.indexOf(card)] = next
  state.emit('approval', { id: card.id, state: 'pending' })
  return next
}

function remember(state: FakeState, card: ApprovalCard, days: number): void {
  const now = Date.now()
  const value = (name: string) => card.arguments.find((each) => each.name === name)?.text ?? ''
  const { same = [], atMost = [], free = [] } = card.narrow ?? {}
  state.standing.push({
    id: card.id.replace('apr_', 'sa_'),
    subject: state.me.person.id,
    mandate: card.mandate.id,
    target: 'payments-clerk',
    capability: card.tool.title,
    same: same.map((name) => ({ name, text: value(name) })),
    atMost: atMost.map((name) => ({ name, value: Number(JSON.parse(value(name))) })),
    free,
    givenBy: state.me.person.id,
    givenAt: new Date(now).toISOString(),
    expires: new Date(now + days * 86_400_000).toISOString(),
  })
}

/** `/plans`. */
export function plans({ state, body }: Asked, id: string | undefined, verb: string | undefined): Reply {
  if (id === undefined) return { body: { plans: state.plans.filter((plan) => plan.state === 'pending') } }
  const at = state.plans.findIndex((each) => each.id === id)
  const plan = state.plans[at]
  if (plan === undefined) return undefined
  if (verb === undefined) return { body: plan }
  const { struck = [] } = (body ?? {}) as { struck?: readonly string[] }
  const yes = verb === 'approve'
  const decidedBy = state.me.person.id
  const steps = plan.steps.map((step) => ({
    ...step,
    state: yes && !struck.includes(step.id) ? step.state : ('denied' as const),
  }))
  const next = { ...plan, steps, state: yes ? ('approved' as const) : ('denied' as const), decidedBy }
  state.plans[at] = next
  state.emit('approval', { id, state: next.state })
  return { body: next }
}

/** `/standing-approvals`. */
export function standingApprovals({ state, method }: Asked, id: string | undefined): Reply {
  if (method === 'GET') return { body: { standing: state.standing } }
  const at = state.standing.findIndex((each) => each.id === id)
  if (at === -1) return undefined
  state.standing.splice(at, 1)
  return { body: { id } }
}
