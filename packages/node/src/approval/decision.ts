import { Fault } from '@ambit/core/fault'
import { digestValue } from '../kernel/digest.ts'
import type { Caller } from '../kernel/route.ts'
import type { ApprovalRow } from './approval-store.ts'
import { assertRested } from './fatigue.ts'
import { isOverdue, unknownApproval } from './parts.ts'
import type { ApprovalParts, StopWhat } from './parts.ts'
import { giveSigned, remembered, signedDays } from './narrow.ts'
import type { Pattern } from './pattern.ts'
import { logApproval } from './performing.ts'
import { challenge, signStatement } from './signing.ts'
import type { PasskeyAnswer, Signing, Statement } from './signing.ts'

/** What a person says yes to. */
export interface Consent {
  /** Of the card that they saw. */
  readonly digest: string
  /** Address of the page on which they say so. */
  readonly origin: string
  readonly passkey?: PasskeyAnswer | undefined
  /** Approves later calls too that lie within this one, for so many days. */
  readonly remember?: { readonly days: number } | undefined
}

/**
 * A signed-in person approves exactly the card they saw. Throws `approval.session`, `approval.not-yours`,
 * `approval.changed`, `approval.decided`, `approval.expired`, `approval.plan-mode`, `approval.step-up`,
 * `approval.second-person`, `approval.standing` and what a passkey throws. In force and in the log when it returns;
 * still `pending` when it is the first of two people who agreed.
 */
export async function approve(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  consent: Consent,
): Promise<ApprovalRow> {
  return await counted(
    parts,
    caller,
    id,
    async () => await parts.decisions.take(id, async () => await approveInTurn(parts, caller, id, consent)),
  )
}

async function approveInTurn(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  consent: Consent,
): Promise<ApprovalRow> {
  const row = await seen(parts, caller, id, consent.digest)
  // Approved before, but the log could not take it: asking again completes it.
  if (row.state === 'approved' && row.approved_leaf === null && row.decided_by === caller.person) {
    refuseUnsigned(row, consent)
    return await conclude(parts, row, consent)
  }
  const pattern = consent.remember === undefined ? undefined : await remembered(parts, caller, row)
  if (row.state === 'pending' && row.mode === 'act') await assertRested(parts, caller)
  const signing = signingOf(caller, consent)
  const settled = await settle(parts, caller, row, async () => {
    const statement = approvedStatement(row, caller, pattern, consent.remember?.days)
    return await signStatement(parts, signing, statement, owes(row, 'step-up'))
  })
  return settled.state === 'approved' ? await conclude(parts, settled, consent) : settled
}

/** What was signed comes into force, and no more than that: first for later calls, where that was said, then this one. */
async function conclude(
  parts: ApprovalParts,
  row: ApprovalRow,
  { remember }: Pick<Consent, 'remember'>,
): Promise<ApprovalRow> {
  if (remember !== undefined) await giveSigned(parts, row)
  await logApproval(parts, row)
  parts.announce(row, 'approved')
  return row
}

/** Whoever asks again to complete an approval adds nothing to what they signed. */
function refuseUnsigned(row: ApprovalRow, { remember }: Consent): void {
  if (remember === undefined || signedDays(row) === remember.days) return
  throw new Fault('approval.decided', {
    detail: 'you approved it before, and did not sign this for later calls',
    where: 'remember',
    remedy: 'Ask again as you did then, or without `remember`, to complete it.',
  })
}

/** What a passkey must sign so that `approve` takes it. Throws as `approve`. */
export async function challengeOf(parts: ApprovalParts, caller: Caller, id: string, consent: Consent) {
  return await counted(parts, caller, id, async () => {
    const row = await seen(parts, caller, id, consent.digest)
    const pattern = consent.remember === undefined ? undefined : await remembered(parts, caller, row)
    const statement = approvedStatement(row, caller, pattern, consent.remember?.days)
    return await challenge(parts, signingOf(caller, consent), statement)
  })
}

export interface Denial {
  readonly note?: string | undefined
  /** Stops the agent, or everything under the mandate, as well. */
  readonly stop?: StopWhat | undefined
}

/** A signed-in person refuses. Throws as `approve`, and `approval.stop`. */
export async function deny(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  { note, stop }: Denial = {},
): Promise<ApprovalRow> {
  return await counted(parts, caller, id, async () => {
    const row = await decidable(parts, caller, id)
    const suspended = stop === undefined ? undefined : await parts.safe.suspended(id)
    if (stop !== undefined && (parts.stopAgent === undefined || suspended === undefined)) {
      throw new Fault('approval.stop', {
        detail: 'this node has no way to stop it from a card',
        where: 'stop',
      })
    }
    const denied = await decide(parts, caller, row, 'denied', note)
    await parts.leaf(denied, 'denied', caller.person)
    parts.announce(denied, 'denied')
    if (stop !== undefined) await parts.stopAgent!(caller, suspended!, stop)
    return denied
  })
}

/** Who may read a card: who may decide it, and auditors. Others are told that there is none. */
export function mayRead(caller: Caller, row: ApprovalRow): boolean {
  return (
    row.organization === caller.organization && (mayDecide(caller, row) || caller.roles.includes('auditor'))
  )
}

/**
 * Refuses whoever decides in another's place what is only that person's to say: other values, and yes to later calls.
 * A second person approves what the first would have, or refuses it.
 */
export function assertOwn(caller: Caller, row: Pick<ApprovalRow, 'subject'>): void {
  if (caller.person === row.subject) return
  throw new Fault('approval.not-yours', {
    detail: 'only the person whose act it is changes its values or approves later ones too',
    remedy: 'Approve it once as it is, or refuse it.',
  })
}

/** Whether it is theirs, or their role's, to say. What only its person may do is theirs alone. */
export function mayDecide(
  caller: Caller,
  row: Pick<ApprovalRow, 'organization' | 'subject'> & Partial<Pick<ApprovalRow, 'mode'>>,
): boolean {
  if (row.organization !== caller.organization) return false
  if (caller.person === row.subject) return true
  return row.mode !== 'draft' && (caller.roles.includes('owner') || caller.roles.includes('approver'))
}

export function owes(
  row: Pick<ApprovalRow, 'obligations'>,
  obligation: 'step-up' | 'second-person',
): boolean {
  return row.obligations.split(',').includes(obligation)
}

/** The row of a card that this person may decide and saw as it is. */
export async function seen(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  digest: string,
): Promise<ApprovalRow> {
  const row = await decidable(parts, caller, id)
  if (row.card !== digest) {
    throw new Fault('approval.changed', { detail: 'the digest is not that of this card', where: 'digest' })
  }
  return row
}

export async function decidable(parts: ApprovalParts, caller: Caller, id: string): Promise<ApprovalRow> {
  if (caller.by !== 'session') throw new Fault('approval.session', { detail: 'a token cannot decide' })
  const row = await parts.store.find(id)
  if (row === undefined || row.organization !== caller.organization) throw unknownApproval()
  if (!mayDecide(caller, row)) {
    throw new Fault('approval.not-yours', { detail: 'neither you nor your role may decide this' })
  }
  return isOverdue(row, parts.clock.now()) ? await parts.expire(row) : row
}

/** A person's yes, signed: it approves, or it is the first of two. */
export async function settle(
  parts: ApprovalParts,
  caller: Caller,
  row: ApprovalRow,
  sign: () => Promise<string>,
): Promise<ApprovalRow> {
  const now = parts.clock.now()
  if (row.state !== 'pending' && row.state !== 'held') throw decidedFault(row)
  if (owes(row, 'second-person')) {
    if (row.agreed_by === caller.person) {
      throw new Fault('approval.second-person', { detail: 'you agreed to it before', where: row.id })
    }
    if (row.agreed_by === null) return await agree(parts, caller, row, await sign())
  }
  const change = {
    state: 'approved',
    signature: await sign(),
    decided_by: caller.person,
    decided_at: now,
  } as const
  const onlyIf = { liveAt: now, card: row.card, agreedBy: row.agreed_by }
  if (await parts.store.move(row.id, ['pending', 'held'], change, onlyIf)) return { ...row, ...change }
  throw decidedFault((await parts.store.find(row.id)) ?? row)
}

async function agree(
  parts: ApprovalParts,
  caller: Caller,
  row: ApprovalRow,
  signature: string,
): Promise<ApprovalRow> {
  await parts.leaf(row, 'agreed', caller.person)
  const change = { agreed_by: caller.person, agreed_signature: signature }
  const onlyIf = { liveAt: parts.clock.now(), card: row.card, agreedBy: null }
  if (!(await parts.store.move(row.id, ['pending'], change, onlyIf))) {
    throw decidedFault((await parts.store.find(row.id)) ?? row)
  }
  parts.announce(row, 'agreed')
  return { ...row, ...change }
}

/** Signs and makes the decision, once. Throws `approval.decided`, `approval.expired`. */
export async function decide(
  parts: ApprovalParts,
  caller: Caller,
  row: ApprovalRow,
  state: 'denied',
  note?: string,
): Promise<ApprovalRow> {
  const now = parts.clock.now()
  const statement = {
    ...statementOf(row, caller, state),
    ...(note === undefined ? {} : { note: note.toWellFormed() }),
  }
  const signature = await signStatement(parts, { person: caller.person, origin: '' }, statement, false)
  const change = { state, signature, decided_by: caller.person, decided_at: now, ended: now }
  const moved = await parts.store.move(row.id, ['pending', 'held', 'planned'], change, { liveAt: now })
  if (moved) return { ...row, ...change }
  throw decidedFault((await parts.store.find(row.id)) ?? row)
}

export function decidedFault({ id, state }: Pick<ApprovalRow, 'id' | 'state'>): Fault {
  const code = state === 'expired' ? 'approval.expired' : 'approval.decided'
  return new Fault(code, { detail: `its state is ${state}`, where: id })
}

/** Counts a decision that is refused, whatever the reason. */
export async function counted<R>(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  run: () => Promise<R>,
): Promise<R> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof Fault) parts.refused(id, caller.person, error.code)
    throw error
  }
}

function statementOf({ id, act, card }: ApprovalRow, { person }: Caller, decision: string): Statement {
  return { v: 1, type: 'approval', approval: id, act, card, decision, person }
}

function approvedStatement(
  row: ApprovalRow,
  caller: Caller,
  pattern: Pattern | undefined,
  days: number | undefined,
): Statement {
  const statement = statementOf(row, caller, 'approved')
  return pattern === undefined
    ? statement
    : { ...statement, remember: { days, pattern: digestValue(pattern) } }
}

function signingOf({ person }: Caller, { origin, passkey }: Consent): Signing {
  return { person, origin, ...(passkey === undefined ? {} : { passkey }) }
}
