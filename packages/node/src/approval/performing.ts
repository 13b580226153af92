import type { Reason } from '@ambit/core/decision'
import type { Approvals, ApprovalState, OpenApprovals, Pending } from './approval.ts'
import type { ApprovalRow } from './approval-store.ts'
import { waitingStates } from './approval-row.ts'
import { pendingView } from './asking.ts'
import { noteSinks } from './known-sinks.ts'
import { giveSigned } from './narrow.ts'
import type { ApprovalParts } from './parts.ts'
import type { KeptOutcome } from './safe.ts'
import type { Suspended } from './suspended.ts'

/** The gateway's side: taking an approved act, once, and saying how it went. */
export function createPerforming(
  parts: ApprovalParts,
): Pick<Approvals, 'claim' | 'finish' | 'void'> &
  Pick<OpenApprovals, 'recover'> & { readonly heal: () => Promise<void> } {
  const { store, clock, safe, replicas } = parts

  async function end(row: ApprovalRow, outcome: KeptOutcome): Promise<ApprovalRow | undefined> {
    const ended = clock.now()
    const sealed = safe.sealOutcome(row.id, outcome)
    const moved = await store.move(row.id, ['performing'], { state: 'done', ended }, { outcome: sealed })
    if (!moved) return undefined
    parts.announce(row, 'done')
    return { ...row, state: 'done', ended }
  }

  async function note(suspended: Suspended): Promise<void> {
    try {
      await noteSinks(parts.keyring, parts.sinks, suspended, clock.now())
    } catch (error) {
      // The next card calls the place new, which is the careful side.
      parts.log.error('approval.sinks-not-noted', { act: suspended.act, error: String(error) })
    }
  }

  return {
    async claim(id, where = 'here') {
      const row = await store.find(id)
      if (row === undefined) return undefined
      // Opened first: what cannot be opened must not be used up.
      const suspended = await safe.suspended(id)
      if (suspended === undefined || (suspended.check === undefined) !== (where === 'here')) return undefined
      const onlyIf = { liveAt: clock.now(), logged: true } as const
      if (
        !(await store.move(
          id,
          ['approved', 'planned'],
          { state: 'performing', replica: replicas.self },
          onlyIf,
        ))
      )
        return undefined
      try {
        await parts.leaf(row, 'used')
      } catch (error) {
        // Nothing was sent yet, so it may be claimed again when the log takes entries.
        await store.move(id, ['performing'], { state: row.state, replica: null })
        throw error
      }
      return suspended
    },
    async finish(id, outcome) {
      const row = await store.find(id)
      if (row === undefined) return
      const suspended = await safe.suspended(id)
      const changed = suspended?.changed
      await end(row, changed === undefined ? outcome : { ...outcome, changed })
      if (suspended !== undefined && outcome.status === 'completed') await note(suspended)
    },
    void: async (id, reasons, waiting) =>
      await (waiting === undefined ? voidApproval(parts, id, reasons) : parts.voidOf(id, reasons)),
    async recover() {
      const error = { code: 'act.unknown', detail: 'the node stopped while it was being performed' }
      const ended: Pending[] = []
      const performing = await store.performing()
      const gone = new Set(await replicas.gone([...new Set(performing.map((row) => row.replica ?? ''))]))
      for (const row of performing) {
        if (!gone.has(row.replica ?? '')) continue
        const done = await end(row, { status: 'unknown', error })
        if (done !== undefined) ended.push(await pendingView(parts, done))
      }
      for (const row of await store.approved(clock.now())) {
        if (row.approved_leaf === null) {
          await giveSigned(parts, row)
          await logApproval(parts, row)
        }
        parts.announce(row, 'approved')
      }
      return ended
    },
    /** What was approved elsewhere while it could not be heard is told to who is here. */
    async heal() {
      for (const { id, act, organization, subject, approved_leaf } of await store.approved(clock.now())) {
        if (approved_leaf === null) continue
        parts.bus.tell('approval.approved', { id, act, state: 'approved', organization, subject })
      }
    },
  }
}

/** Ends one whose act may no longer happen; the holder reads why. */
export async function voidApproval(
  parts: ApprovalParts,
  id: string,
  reasons: readonly Reason[],
  from: readonly ApprovalState[] = [...waitingStates, 'performing'],
): Promise<void> {
  const { store, clock, safe } = parts
  const row = await store.find(id)
  if (row === undefined) return
  const first = reasons[0]
  const error = {
    code: first?.code ?? 'act.refused',
    detail: first?.what ?? 'the act may no longer happen',
  }
  const outcome = safe.sealOutcome(id, { status: 'cancelled', error })
  const change = { state: 'void', ended: clock.now() } as const
  if (!(await store.move(id, from, change, { outcome }))) return
  await parts.leaf(row, 'void')
  parts.announce(row, 'void')
}

/** Writes that it was approved, or released from the outbox; from then on it may be claimed. */
export async function logApproval(parts: ApprovalParts, row: ApprovalRow): Promise<void> {
  const step = row.due === null ? 'approved' : 'released'
  const approvedLeaf = await parts.leaf(row, step, row.decided_by ?? undefined)
  await parts.store.move(row.id, ['approved'], { approved_leaf: approvedLeaf })
}
