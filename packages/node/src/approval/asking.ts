import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import { lastingLinks } from '@ambit/core/mandate-chain'
import { timeText } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import { namedId } from '../kernel/ids.ts'
import type { Turns } from '../kernel/turns.ts'
import { actionKey } from './action.ts'
import type { Approvals, ApprovalState, Pending } from './approval.ts'
import type { ApprovalBody, ApprovalRow } from './approval-store.ts'
import { makeCard } from './card.ts'
import type { Card } from './card.ts'
import { knownSinks } from './known-sinks.ts'
import { isOverdue } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import type { Suspended } from './suspended.ts'

/** Acts of one holder that wait at a time: more than a person would ever look through, and room for no flood. */
const pendingPerHolderMax = 20
const nonceBytes = 32

/** The holder's side: asking, and hearing what became of it. */
export function createAsking(
  parts: ApprovalParts,
  turns: Turns,
): Pick<Approvals, 'ask' | 'draft' | 'get' | 'asked' | 'find' | 'step' | 'withdraw'> {
  const { store, clock, keyring } = parts

  /** The row as the clock has it. */
  async function current(row: ApprovalRow): Promise<ApprovalRow> {
    return isOverdue(row, clock.now()) ? await parts.expire(row) : row
  }

  async function pendingOf(action: string): Promise<ApprovalRow | undefined> {
    for (const row of await store.ofAction(action)) {
      if (row.state === 'pending' && (await current(row)).state === 'pending') return row
    }
    return undefined
  }

  async function fetched(row: ApprovalRow): Promise<Pending> {
    const now = await current(row)
    if (now.state === 'done' && now.collected === 0) await store.collect(row.id)
    return await pendingView(parts, now)
  }

  async function ask(suspended: Suspended, action: string): Promise<Pending> {
    const known = await pendingOf(action)
    if (known !== undefined) return await pendingView(parts, known)
    if ((await store.pendingCount(suspended.holder)) >= pendingPerHolderMax) {
      throw new Fault('approval.too-many', {
        detail: `${pendingPerHolderMax} acts of this agent wait already`,
      })
    }
    const { row, body } = await draft(parts, suspended, action)
    // The log first: what is asked of a person is on record before it can be answered.
    await parts.leaf(row, 'asked')
    // Another replica was asked the same in between; what it asked may have ended since.
    if (!(await store.insert(row, body))) return await ask(suspended, action)
    parts.announce(row, 'asked')
    return await pendingView(parts, row)
  }

  async function askInTurn(suspended: Suspended): Promise<Pending> {
    const action = actionKey(keyring, suspended)
    return await turns.take(suspended.holder, async () => await ask(suspended, action))
  }

  return {
    ask: askInTurn,
    draft: async (suspended) => await askInTurn({ ...suspended, draft: true }),
    async get(id, holder) {
      const row = await store.find(id)
      return row?.holder === holder ? await fetched(row) : undefined
    },
    async asked(id, suspended) {
      const row = await store.find(id)
      if (row?.holder !== suspended.holder) return undefined
      const kept = await parts.safe.suspended(id)
      if (kept === undefined) return undefined
      const { target, definition, links } = kept
      const same = actionKey(keyring, { ...suspended, target, definition, links }) === row.action
      return same && kept.targetSlug === suspended.targetSlug ? await fetched(row) : undefined
    },
    async withdraw(id, holder) {
      const row = await store.find(id)
      if (row === undefined || row.holder !== holder) return undefined
      await takeBack(parts, row, ['pending', 'held'])
      return await pendingView(parts, await current((await store.find(id)) ?? row))
    },
    step: async (suspended) => (await store.stepOf(actionKey(keyring, suspended), clock.now()))?.id,
    async find(suspended) {
      const action = actionKey(keyring, suspended)
      for (const row of await store.ofAction(action)) {
        const now = await current(row)
        if (waits.has(now.state)) return await pendingView(parts, now)
        const fresh = now.state === 'done' && now.collected === 0 && now.expires > clock.now()
        if (fresh && (await store.collect(now.id))) return await pendingView(parts, now)
      }
      return undefined
    },
  }
}

/** Ends what its holder does not want any more; `alone`: unless somebody else does. False: it is not in those states. */
export async function takeBack(
  parts: ApprovalParts,
  row: ApprovalRow,
  from: readonly ApprovalState[],
  alone = false,
): Promise<boolean> {
  const ended = parts.clock.now()
  const outcome = parts.safe.sealOutcome(row.id, { status: 'cancelled', error: withdrawn })
  const onlyIf = { liveAt: ended, outcome, ...(alone ? { alone } : {}) } as const
  if (!(await parts.store.move(row.id, from, { state: 'void', ended }, onlyIf))) return false
  await parts.leaf(row, 'void')
  parts.announce(row, 'void')
  return true
}

const withdrawn = { code: 'approval.withdrawn', detail: 'whoever asked for it took it back' }

const waits: ReadonlySet<ApprovalState> = new Set(['pending', 'held', 'approved', 'performing'])

/** How a new approval stands apart from a single act that is asked about. */
export interface DraftOptions {
  /** The plan it is a step of, and which one. */
  readonly step?: { readonly plan: string; readonly at: number }
}

/** A pending approval, not kept yet. */
export async function draft(
  parts: ApprovalParts,
  suspended: Suspended,
  action: string,
  { step }: DraftOptions = {},
): Promise<{ row: ApprovalRow; body: ApprovalBody }> {
  const { clock, ids, expiresMs, safe } = parts
  // The ids of steps are in their order, also of those made in one millisecond.
  const id = step === undefined ? namedId(ids, 'ap') : stepId(step)
  const asked = clock.now()
  const { organization, subject, holder, act, obligations = [] } = suspended
  // A person has as long as any other, from when they may be disturbed.
  const expires = (parts.quietUntil?.(subject, asked) ?? asked) + expiresMs
  const mode = step !== undefined ? 'step' : suspended.draft === true ? 'draft' : 'act'
  const { card, digest } = await cardOf(parts, suspended, { id, asked, expires, mode }, action)
  const row: ApprovalRow = {
    id,
    organization,
    subject,
    holder,
    act,
    action,
    card: digest,
    state: step === undefined ? 'pending' : 'planned',
    asked,
    expires,
    decided_by: null,
    decided_at: null,
    signature: null,
    approved_leaf: null,
    replica: null,
    ended: null,
    collected: 0,
    kept: 1,
    due: null,
    mode,
    obligations: obligations.join(','),
    mandate: lastingLinks(suspended.links).at(-1) ?? '',
    plan: step?.plan ?? null,
    agreed_by: null,
    agreed_signature: null,
    opened: null,
    callers: 1,
  }
  return { row, body: safe.seal(id, suspended, card) }
}

function stepId({ plan, at }: NonNullable<DraftOptions['step']>): string {
  return `ap_${plan.slice('pl_'.length)}_${String(at).padStart(2, '0')}`
}

/** The card of an approval, with what the store knows of its person and of where the act goes. */
export async function cardOf(
  parts: ApprovalParts,
  suspended: Suspended,
  row: Pick<ApprovalRow, 'id' | 'asked' | 'expires' | 'mode'>,
  action: string,
): Promise<{ card: Card; digest: Digest }> {
  const person = await parts.identity.person?.(suspended.subject)
  const card = makeCard(suspended, {
    id: row.id,
    nonce: parts.clock.random(nonceBytes).toString('hex'),
    asked: timeText(row.asked),
    expires: timeText(row.expires),
    action,
    mode: row.mode,
    known: await knownSinks(parts.keyring, parts.sinks, suspended),
    person: person?.name ?? suspended.subject,
  })
  return { card, digest: digestValue(card) }
}

/** What a holder may know. */
export async function pendingView(parts: Pick<ApprovalParts, 'safe'>, row: ApprovalRow): Promise<Pending> {
  const { id, act, state, holder, subject, organization, expires } = row
  const outcome = state === 'done' || state === 'void' ? await parts.safe.outcome(id) : undefined
  const view = {
    id,
    act,
    state,
    holder,
    subject,
    organization,
    expiresAt: expires,
    ...(row.due === null ? {} : { dueAt: row.due }),
  }
  return outcome === undefined ? view : { ...view, outcome }
}
