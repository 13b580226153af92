import { Fault } from '@ambit/core/fault'
import type { Caller } from '../kernel/route.ts'
import type { ApprovalRow } from './approval-store.ts'
import { counted, deny, mayDecide, owes, seen, settle } from './decision.ts'
import { isTired, quickMs } from './fatigue.ts'
import { isOverdue } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import { logApproval } from './performing.ts'
import { planStepsMax } from './plan.ts'
import { challenge, signStatement } from './signing.ts'
import type { PasskeyAnswer, Statement } from './signing.ts'

/** What one agent wants under one mandate, read as one list. */
export interface Group {
  readonly holder: string
  readonly mandate: string
  readonly subject: string
  readonly rows: readonly ApprovalRow[]
}

export interface TogetherConsent {
  /** Cards that are approved, each with the digest that the person saw. */
  readonly approve: readonly { readonly id: string; readonly digest: string }[]
  /** Those of the same list that are refused. */
  readonly deny: readonly string[]
  readonly origin: string
  readonly passkey?: PasskeyAnswer | undefined
}

export interface TogetherResult {
  readonly approved: readonly string[]
  /** Decided or changed meanwhile, each with the code that says so. */
  readonly failed: readonly { readonly id: string; readonly code: string }[]
}

/** Everything that waits for a person, or for those in whose place they may decide, by agent and mandate. */
export async function groups(parts: ApprovalParts, caller: Caller): Promise<Group[]> {
  const all = new Map<string, ApprovalRow[]>()
  const decidesAll = caller.roles.includes('owner') || caller.roles.includes('approver')
  let after = ''
  for (;;) {
    const page = await parts.store.waiting(caller.organization, after, decidesAll ? undefined : caller.person)
    for (const row of page) {
      if (!isListed(row) || !mayDecide(caller, row) || isOverdue(row, parts.clock.now())) continue
      const key = groupOf(row)
      all.set(key, [...(all.get(key) ?? []), row])
    }
    if (page.length === 0 || all.size >= planStepsMax) break
    after = page.at(-1)!.id
  }
  return [...all.values()].map((rows) => {
    const { holder, mandate, subject } = rows[0]!
    return { holder, mandate, subject, rows }
  })
}

/**
 * Approves several acts of one agent under one mandate with one signature over all their cards. Of acts that two
 * people must approve it is one person's yes. Throws as `approve` of a single act where nothing was decided.
 */
export async function approveTogether(
  parts: ApprovalParts,
  caller: Caller,
  consent: TogetherConsent,
): Promise<TogetherResult> {
  return await counted(parts, caller, 'together', async () => {
    const rows = await listed(parts, caller, consent)
    await assertWholeList(parts, caller, rows, consent)
    const { origin, passkey } = consent
    const signing = { person: caller.person, origin, ...(passkey === undefined ? {} : { passkey }) }
    const stepUp = rows.some((row) => owes(row, 'step-up'))
    const signature = await signStatement(parts, signing, statementOf(rows, caller), stepUp)
    for (const id of consent.deny) await deny(parts, caller, id)
    return await settleAll(parts, caller, rows, signature)
  })
}

export async function togetherChallenge(parts: ApprovalParts, caller: Caller, consent: TogetherConsent) {
  return await counted(parts, caller, 'together', async () => {
    const rows = await listed(parts, caller, consent)
    return await challenge(
      parts,
      { person: caller.person, origin: consent.origin },
      statementOf(rows, caller),
    )
  })
}

async function settleAll(
  parts: ApprovalParts,
  caller: Caller,
  rows: readonly ApprovalRow[],
  signature: string,
): Promise<TogetherResult> {
  const approved: string[] = []
  const failed: { id: string; code: string }[] = []
  for (const row of rows) {
    try {
      await parts.decisions.take(row.id, async () => {
        const settled = await settle(parts, caller, row, async () => signature)
        if (settled.state !== 'approved') return
        await logApproval(parts, settled)
        parts.announce(settled, 'approved')
      })
      approved.push(row.id)
    } catch (error) {
      // Another person was quicker with one of them: the others stand.
      failed.push({ id: row.id, code: Fault.from(error).code })
    }
  }
  return { approved, failed }
}

async function listed(
  parts: ApprovalParts,
  caller: Caller,
  { approve, deny: refused }: TogetherConsent,
): Promise<ApprovalRow[]> {
  const ids = [...approve.map(({ id }) => id), ...refused]
  if (approve.length === 0 || ids.length > planStepsMax || new Set(ids).size !== ids.length) {
    throw new Fault('approval.plan', { detail: `a list holds 1 to ${planStepsMax} acts, each once` })
  }
  const rows: ApprovalRow[] = []
  for (const { id, digest } of approve) rows.push(await seen(parts, caller, id, digest))
  if (!rows.every((row) => isListed(row) && groupOf(row) === groupOf(rows[0]!))) {
    throw new Fault('approval.plan', {
      detail: 'they do not all wait for the same agent, mandate and person',
    })
  }
  return rows
}

/** Whoever is asked too much, or answers too quickly, decides about all that an agent wants, and takes their time. */
async function assertWholeList(
  parts: ApprovalParts,
  caller: Caller,
  rows: readonly ApprovalRow[],
  consent: TogetherConsent,
): Promise<void> {
  if (!(await isTired(parts, caller.person))) return
  const named = new Set([...consent.approve.map(({ id }) => id), ...consent.deny])
  const own = (await groups(parts, caller)).find((group) => groupOf(group) === groupOf(rows[0]!))
  const left = own?.rows.find(({ id }) => !named.has(id))
  const opened = Math.max(...rows.map((row) => row.opened ?? Infinity))
  if (left === undefined && parts.clock.now() - opened >= quickMs) return
  parts.tired(caller.person)
  throw new Fault('approval.plan-mode', {
    detail:
      left === undefined
        ? 'it was answered faster than anyone reads'
        : 'more of this agent waits than is named',
  })
}

function isListed({ state, mode }: ApprovalRow): boolean {
  return state === 'pending' && mode === 'act'
}

function groupOf({ holder, mandate, subject }: Pick<ApprovalRow, 'holder' | 'mandate' | 'subject'>): string {
  return `${subject} ${mandate} ${holder}`
}

function statementOf(rows: readonly ApprovalRow[], { person }: Caller): Statement {
  const approvals = rows.map(({ id, act, card }) => ({ approval: id, act, card }))
  return { v: 1, type: 'approvals', approvals, decision: 'approved', person }
}
