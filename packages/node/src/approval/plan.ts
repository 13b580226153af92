import { Fault } from '@ambit/core/fault'
import { digestValue } from '../kernel/digest.ts'
import { namedId } from '../kernel/ids.ts'
import type { Caller } from '../kernel/route.ts'
import { actionKey } from './action.ts'
import type { ApprovalRow } from './approval-store.ts'
import { draft } from './asking.ts'
import { counted, mayDecide, owes } from './decision.ts'
import { unknownApproval } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import type { PlanRow, PlanState } from './plan-store.ts'
import { challenge, signStatement } from './signing.ts'
import type { PasskeyAnswer, Statement } from './signing.ts'
import type { Suspended } from './suspended.ts'

/** As many acts as a person still looks through one by one. */
export const planStepsMax = 50
/** Lists of one holder that wait at a time. */
const plansPerHolderMax = 5
const wordsCharactersMax = 2000

/**
 * Puts a task's acts on one list that its person decides about at once. Each step is an approval of its own for one
 * exact call; it is used when its holder makes that call. Throws `approval.plan`, `approval.too-many`.
 */
export async function plan(
  parts: ApprovalParts,
  suspendeds: readonly Suspended[],
  words: string,
): Promise<{ readonly id: string }> {
  const first = assertPlannable(suspendeds)
  if ((await parts.plans.pendingCount(first.holder)) >= plansPerHolderMax) {
    throw new Fault('approval.too-many', { detail: `${plansPerHolderMax} lists of this agent wait already` })
  }
  const id = namedId(parts.ids, 'pl')
  const steps: Awaited<ReturnType<typeof draft>>[] = []
  for (const [at, each] of suspendeds.entries()) {
    steps.push(await draft(parts, each, actionKey(parts.keyring, each), { step: { plan: id, at } }))
  }
  const said = words.slice(0, wordsCharactersMax).toWellFormed()
  const { organization, subject, holder } = first
  const row: PlanRow = {
    id,
    organization,
    subject,
    holder,
    digest: digestValue({
      v: 1,
      type: 'plan',
      plan: id,
      words: said,
      steps: steps.map((step) => step.row.card),
    }),
    state: 'pending',
    asked: steps[0]!.row.asked,
    expires: Math.min(...steps.map((step) => step.row.expires)),
    decided_by: null,
    decided_at: null,
    signature: null,
    words: parts.keyring.seal('approval.plan', id, said),
  }
  await parts.leaf({ id, act: first.act, card: row.digest }, 'asked')
  await parts.store.insertSteps(steps)
  await parts.plans.insert(row)
  announce(parts, row)
  return { id }
}

function assertPlannable(suspendeds: readonly Suspended[]): Suspended {
  const [first] = suspendeds
  const refuse = (detail: string) => new Fault('approval.plan', { detail })
  if (first === undefined || suspendeds.length > planStepsMax)
    throw refuse(`it holds 1 to ${planStepsMax} acts`)
  for (const { holder, subject, organization, obligations = [], draft: own } of suspendeds) {
    if (holder !== first.holder || subject !== first.subject || organization !== first.organization)
      throw refuse('its acts are of more than one agent or person')
    if (obligations.includes('second-person')) throw refuse('two people must approve one of them')
    if (own === true) throw refuse('only the person may do one of them')
  }
  return first
}

export interface PlanConsent {
  /** Of the list that they saw. */
  readonly digest: string
  /** Steps that are taken out. */
  readonly struck: readonly string[]
  readonly origin: string
  readonly passkey?: PasskeyAnswer | undefined
}

/** One signature for what is left of the list. Throws as `approve` of a single act. */
export async function approvePlan(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  consent: PlanConsent,
): Promise<PlanRow> {
  return await counted(
    parts,
    caller,
    id,
    async () =>
      await parts.decisions.take(id, async () => {
        const { row, steps } = await planSeen(parts, caller, id, consent)
        // Approved before, but the log could not take all of it: asking again completes it.
        const unfinished =
          row.state === 'approved' && row.decided_by === caller.person && steps.some(isUnlogged)
        const approved = unfinished ? row : await decidePlan(parts, caller, row, steps, consent)
        const struck = struckIn(approved)
        for (const step of steps) {
          if (struck.includes(step.id)) await strike(parts, caller, step)
          else if (isUnlogged(step)) await allow(parts, approved, step)
        }
        announce(parts, approved)
        return approved
      }),
  )
}

export async function planChallenge(parts: ApprovalParts, caller: Caller, id: string, consent: PlanConsent) {
  return await counted(parts, caller, id, async () => {
    const { row } = await planSeen(parts, caller, id, consent)
    const signing = { person: caller.person, origin: consent.origin }
    return await challenge(parts, signing, statementOf(row, caller, consent.struck))
  })
}

export async function denyPlan(parts: ApprovalParts, caller: Caller, id: string): Promise<PlanRow> {
  return await counted(
    parts,
    caller,
    id,
    async () =>
      await parts.decisions.take(id, async () => {
        const row = await decidablePlan(parts, caller, id)
        const denied = await movePlan(parts, row, { state: 'denied', decided_by: caller.person })
        for (const step of await parts.store.stepsOf(id)) await strike(parts, caller, step)
        announce(parts, denied)
        return denied
      }),
  )
}

/** Ends a list that nobody decided about in time; its steps end by themselves. */
export async function expirePlan(parts: ApprovalParts, row: PlanRow): Promise<PlanRow> {
  if (!(await parts.plans.decide(row.id, { state: 'expired' })))
    return (await parts.plans.find(row.id)) ?? row
  const expired = { ...row, state: 'expired' } as const
  announce(parts, expired)
  return expired
}

export async function currentPlan(parts: ApprovalParts, row: PlanRow): Promise<PlanRow> {
  const late = row.state === 'pending' && row.expires <= parts.clock.now()
  return late ? await expirePlan(parts, row) : row
}

async function planSeen(parts: ApprovalParts, caller: Caller, id: string, { digest, struck }: PlanConsent) {
  const row = await decidablePlan(parts, caller, id)
  if (row.digest !== digest)
    throw new Fault('approval.changed', { detail: 'the digest is not that of this list', where: 'digest' })
  const steps = await parts.store.stepsOf(id)
  if (struck.some((each) => !steps.some((step) => step.id === each)))
    throw new Fault('input.invalid', { detail: 'it names a step that is not on this list', where: 'struck' })
  return { row, steps }
}

async function decidablePlan(parts: ApprovalParts, caller: Caller, id: string): Promise<PlanRow> {
  if (caller.by !== 'session') throw new Fault('approval.session', { detail: 'a token cannot decide' })
  const row = await parts.plans.find(id)
  if (row === undefined || row.organization !== caller.organization) throw unknownApproval()
  if (!mayDecide(caller, row))
    throw new Fault('approval.not-yours', { detail: 'neither you nor your role may decide this' })
  return await currentPlan(parts, row)
}

async function decidePlan(
  parts: ApprovalParts,
  caller: Caller,
  row: PlanRow,
  steps: readonly ApprovalRow[],
  { struck, origin, passkey }: PlanConsent,
): Promise<PlanRow> {
  if (row.state !== 'pending') throw planDecided(row)
  const left = steps.filter(({ id }) => !struck.includes(id))
  if (left.length === 0)
    throw new Fault('approval.plan', {
      detail: 'nothing is left on the list; refuse it instead',
      where: 'struck',
    })
  const signing = { person: caller.person, origin, ...(passkey === undefined ? {} : { passkey }) }
  const stepUp = left.some((step) => owes(step, 'step-up'))
  const signature = await signStatement(parts, signing, statementOf(row, caller, struck), stepUp)
  return await movePlan(parts, row, { state: 'approved', decided_by: caller.person, signature })
}

function statementOf({ id, digest }: PlanRow, { person }: Caller, struck: readonly string[]): Statement {
  return {
    v: 1,
    type: 'plan',
    plan: id,
    list: digest,
    struck: struck.toSorted(),
    decision: 'approved',
    person,
  }
}

/** As it was signed: whoever asks again to complete it approves no more than that. */
function struckIn({ signature }: PlanRow): readonly string[] {
  return (JSON.parse(signature!) as { body: { struck: readonly string[] } }).body.struck
}

async function movePlan(
  parts: ApprovalParts,
  row: PlanRow,
  change: { state: PlanState; decided_by: string; signature?: string },
): Promise<PlanRow> {
  const now = parts.clock.now()
  const whole = { ...change, decided_at: now }
  if (await parts.plans.decide(row.id, whole, now)) return { ...row, ...whole }
  throw planDecided((await parts.plans.find(row.id)) ?? row)
}

function planDecided({ id, state }: PlanRow): Fault {
  const code = state === 'expired' ? 'approval.expired' : 'approval.decided'
  return new Fault(code, { detail: `its state is ${state}`, where: id })
}

function isUnlogged(step: ApprovalRow): boolean {
  return step.state === 'planned' && step.approved_leaf === null
}

/** From then on its holder may take it, once. */
async function allow(parts: ApprovalParts, row: PlanRow, step: ApprovalRow): Promise<void> {
  const leaf = await parts.leaf(step, 'approved', row.decided_by ?? undefined)
  const change = { approved_leaf: leaf, decided_by: row.decided_by, decided_at: row.decided_at }
  await parts.store.move(step.id, ['planned'], change)
}

async function strike(parts: ApprovalParts, caller: Caller, step: ApprovalRow): Promise<void> {
  const now = parts.clock.now()
  const change = { state: 'denied', decided_by: caller.person, decided_at: now, ended: now } as const
  if (!(await parts.store.move(step.id, ['planned'], change))) return
  await parts.leaf(step, 'denied', caller.person)
  parts.announce(step, 'denied')
}

function announce(parts: ApprovalParts, { id, state, organization, subject }: PlanRow): void {
  parts.bus.publish('approval.plan', { id, state, organization, subject })
}
