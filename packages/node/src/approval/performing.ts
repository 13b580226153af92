import type { ApprovalParts, Approvals, OpenApprovals, Pending } from './approval.ts'
import type { ApprovalRow } from './approval-store.ts'
import { pendingView } from './asking.ts'
import type { KeptOutcome } from './safe.ts'

/** The gateway's side: taking an approved act, once, and saying how it went. */
export function createPerforming(
  parts: ApprovalParts,
): Pick<Approvals, 'claim' | 'finish' | 'void'> & Pick<OpenApprovals, 'recover'> {
  const { store, clock, safe, replica } = parts

  async function end(row: ApprovalRow, outcome: KeptOutcome): Promise<ApprovalRow | undefined> {
    const ended = clock.now()
    const sealed = safe.sealOutcome(row.id, outcome)
    const moved = await store.move(row.id, ['performing'], { state: 'done', ended }, { outcome: sealed })
    if (!moved) return undefined
    parts.announce(row, 'done')
    return { ...row, state: 'done', ended }
  }

  return {
    async claim(id) {
      const row = await store.find(id)
      if (row === undefined) return undefined
      // Opened first: what cannot be opened must not be used up.
      const suspended = await safe.suspended(id)
      if (suspended === undefined) return undefined
      const onlyIf = { liveAt: clock.now(), logged: true } as const
      if (!(await store.move(id, ['approved'], { state: 'performing', replica }, onlyIf))) return undefined
      try {
        await parts.leaf(row, 'used')
      } catch (error) {
        // Nothing was sent yet, so it may be claimed again when the log takes entries.
        await store.move(id, ['performing'], { state: 'approved', replica: null })
        throw error
      }
      return suspended
    },
    async finish(id, outcome) {
      const row = await store.find(id)
      if (row !== undefined) await end(row, outcome)
    },
    async void(id, reasons) {
      const row = await store.find(id)
      if (row === undefined) return
      const first = reasons[0]
      const error = {
        code: first?.code ?? 'act.refused',
        detail: first?.what ?? 'the act may no longer happen',
      }
      const outcome = safe.sealOutcome(id, { status: 'cancelled', error })
      const change = { state: 'void', ended: clock.now() } as const
      if (!(await store.move(id, ['pending', 'approved', 'performing'], change, { outcome }))) return
      await parts.leaf(row, 'void')
      parts.announce(row, 'void')
    },
    async recover() {
      const error = { code: 'act.unknown', detail: 'the node stopped while it was being performed' }
      const ended: Pending[] = []
      for (const row of await store.performing(replica)) {
        const done = await end(row, { status: 'unknown', error })
        if (done !== undefined) ended.push(await pendingView(parts, done))
      }
      for (const row of await store.approved(clock.now())) {
        if (row.approved_leaf === null) await logApproval(parts, row)
        parts.announce(row, 'approved')
      }
      return ended
    },
  }
}

/** Writes that it was approved; from then on it may be claimed. */
export async function logApproval(parts: ApprovalParts, row: ApprovalRow): Promise<void> {
  const approvedLeaf = await parts.leaf(row, 'approved', row.decided_by ?? undefined)
  await parts.store.move(row.id, ['approved'], { approved_leaf: approvedLeaf })
}
