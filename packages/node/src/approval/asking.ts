import { Fault } from '@ambit/core/fault'
import { timeText } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import { namedId } from '../kernel/ids.ts'
import type { Turns } from '../kernel/turns.ts'
import { actionKey } from './action.ts'
import { isOverdue } from './approval.ts'
import type { ApprovalParts, Approvals, ApprovalState, Pending, Suspended } from './approval.ts'
import type { ApprovalBody, ApprovalRow } from './approval-store.ts'
import { makeCard } from './card.ts'

/** Acts of one holder that wait at a time: more than a person would ever look through, and room for no flood. */
const pendingPerHolderMax = 20
const nonceBytes = 32

/** The holder's side: asking, and hearing what became of it. */
export function createAsking(
  parts: ApprovalParts,
  turns: Turns,
): Pick<Approvals, 'ask' | 'get' | 'find' | 'withdraw'> {
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

  async function ask(suspended: Suspended, action: string): Promise<Pending> {
    const known = await pendingOf(action)
    if (known !== undefined) return await pendingView(parts, known)
    if ((await store.pendingCount(suspended.holder)) >= pendingPerHolderMax) {
      throw new Fault('approval.too-many', {
        detail: `${pendingPerHolderMax} acts of this agent wait already`,
      })
    }
    const { row, body } = draft(parts, suspended, action)
    // The log first: what is asked of a person is on record before it can be answered.
    await parts.leaf(row, 'asked')
    if (await store.insert(row, body)) {
      parts.announce(row, 'asked')
      return await pendingView(parts, row)
    }
    // Another replica was asked the same in between.
    const other = await pendingOf(action)
    return await pendingView(parts, other ?? row)
  }

  return {
    async ask(suspended) {
      const action = actionKey(keyring, suspended)
      return await turns.take(suspended.holder, async () => await ask(suspended, action))
    },
    async get(id, holder) {
      const row = await store.find(id)
      if (row === undefined || row.holder !== holder) return undefined
      const now = await current(row)
      if (now.state === 'done' && now.collected === 0) await store.collect(id)
      return await pendingView(parts, now)
    },
    async withdraw(id, holder) {
      const row = await store.find(id)
      if (row === undefined || row.holder !== holder) return undefined
      const ended = clock.now()
      const outcome = parts.safe.sealOutcome(id, { status: 'cancelled', error: withdrawn })
      if (await store.move(id, ['pending'], { state: 'void', ended }, { liveAt: ended, outcome })) {
        await parts.leaf(row, 'void')
        parts.announce(row, 'void')
      }
      return await pendingView(parts, await current((await store.find(id)) ?? row))
    },
    async find(suspended) {
      for (const row of await store.ofAction(actionKey(keyring, suspended))) {
        const now = await current(row)
        if (waits.has(now.state)) return await pendingView(parts, now)
        const fresh = now.state === 'done' && now.collected === 0 && now.expires > clock.now()
        if (fresh && (await store.collect(now.id))) return await pendingView(parts, now)
      }
      return undefined
    },
  }
}

const withdrawn = { code: 'approval.withdrawn', detail: 'whoever asked for it took it back' }

const waits: ReadonlySet<ApprovalState> = new Set(['pending', 'approved', 'performing'])

function draft(
  parts: ApprovalParts,
  suspended: Suspended,
  action: string,
): { row: ApprovalRow; body: ApprovalBody } {
  const { clock, ids, expiresMs, safe } = parts
  const id = namedId(ids, 'ap')
  const asked = clock.now()
  const expires = asked + expiresMs
  const card = makeCard(suspended, {
    id,
    nonce: clock.random(nonceBytes).toString('hex'),
    asked: timeText(asked),
    expires: timeText(expires),
    action,
  })
  const { organization, subject, holder, act } = suspended
  const row: ApprovalRow = {
    id,
    organization,
    subject,
    holder,
    act,
    action,
    card: digestValue(card),
    state: 'pending',
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
  }
  return { row, body: safe.seal(id, suspended, card) }
}

/** What a holder may know. */
export async function pendingView(parts: Pick<ApprovalParts, 'safe'>, row: ApprovalRow): Promise<Pending> {
  const { id, act, state, holder, subject, organization, expires } = row
  const outcome = state === 'done' || state === 'void' ? await parts.safe.outcome(id) : undefined
  const view = { id, act, state, holder, subject, organization, expiresAt: expires }
  return outcome === undefined ? view : { ...view, outcome }
}
