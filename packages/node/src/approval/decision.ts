import { Fault } from '@ambit/core/fault'
import { sign } from '@ambit/core/signature'
import { timeText } from '../kernel/clock.ts'
import type { Caller } from '../kernel/route.ts'
import { isOverdue, unknownApproval } from './approval.ts'
import type { ApprovalParts } from './approval.ts'
import type { ApprovalRow } from './approval-store.ts'
import { logApproval } from './performing.ts'

/**
 * A signed-in person approves exactly the card they saw. Throws `approval.session`, `approval.not-yours`,
 * `approval.changed`, `approval.decided`. In force and in the log when it returns.
 */
export async function approve(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  digest: string,
): Promise<ApprovalRow> {
  return await parts.decisions.take(id, async () => await approveInTurn(parts, caller, id, digest))
}

async function approveInTurn(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  digest: string,
): Promise<ApprovalRow> {
  const row = await decidable(parts, caller, id)
  if (row.card !== digest) {
    throw new Fault('approval.changed', { detail: 'the digest is not that of this card', where: 'digest' })
  }
  // Approved before, but the log could not take it: asking again completes it.
  const unfinished =
    row.state === 'approved' && row.approved_leaf === null && row.decided_by === caller.person
  const approved = unfinished ? row : await decide(parts, caller, row, 'approved')
  await logApproval(parts, approved)
  parts.announce(approved, 'approved')
  return approved
}

/** A signed-in person refuses. */
export async function deny(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  note: string | undefined,
): Promise<ApprovalRow> {
  const row = await decidable(parts, caller, id)
  const denied = await decide(parts, caller, row, 'denied', note)
  await parts.leaf(denied, 'denied', caller.person)
  parts.announce(denied, 'denied')
  return denied
}

/** Who may read a card: who may decide it, and auditors. Others are told that there is none. */
export function mayRead(caller: Caller, row: ApprovalRow): boolean {
  return (
    row.organization === caller.organization && (mayDecide(caller, row) || caller.roles.includes('auditor'))
  )
}

function mayDecide(caller: Caller, row: ApprovalRow): boolean {
  if (row.organization !== caller.organization) return false
  return caller.person === row.subject || caller.roles.includes('owner') || caller.roles.includes('approver')
}

async function decidable(parts: ApprovalParts, caller: Caller, id: string): Promise<ApprovalRow> {
  if (caller.by !== 'session') throw new Fault('approval.session', { detail: 'a token cannot decide' })
  const row = await parts.store.find(id)
  if (row === undefined || row.organization !== caller.organization) throw unknownApproval()
  if (!mayDecide(caller, row)) {
    throw new Fault('approval.not-yours', { detail: 'neither you nor your role may decide this' })
  }
  return isOverdue(row, parts.clock.now()) ? await parts.expire(row) : row
}

async function decide(
  parts: ApprovalParts,
  caller: Caller,
  row: ApprovalRow,
  state: 'approved' | 'denied',
  note?: string,
): Promise<ApprovalRow> {
  const now = parts.clock.now()
  const statement = {
    v: 1,
    type: 'approval',
    approval: row.id,
    act: row.act,
    card: row.card,
    decision: state,
    person: caller.person,
    at: timeText(now),
    ...(note === undefined ? {} : { note: note.toWellFormed() }),
  }
  const signature = JSON.stringify(await sign(statement, await parts.identity.personSigner(caller.person)))
  const change = {
    state,
    signature,
    decided_by: caller.person,
    decided_at: now,
    ...(state === 'denied' ? { ended: now } : {}),
  }
  if (await parts.store.move(row.id, ['pending'], change, { liveAt: now })) return { ...row, ...change }
  const newest = (await parts.store.find(row.id)) ?? row
  throw new Fault('approval.decided', { detail: `its state is ${newest.state}`, where: row.id })
}
