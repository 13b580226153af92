import type { Reason } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Caller } from '../kernel/route.ts'
import { actionKey } from './action.ts'
import type { Approvals, OpenApprovals } from './approval.ts'
import type { ApprovalRow } from './approval-store.ts'
import { draft, pendingView, takeBack } from './asking.ts'
import { decide, mayDecide } from './decision.ts'
import { unknownApproval } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import { logApproval } from './performing.ts'
import type { Suspended } from './suspended.ts'

/** Acts of one holder in the outbox at a time: room for a busy day, and not for a flood. */
const heldPerHolderMax = 200
/** What was released so long ago and is not in the log is written once more; before that somebody may be at it. */
const unloggedMs = 30_000

/** What the outbox needs of the approvals beside holding: time, vetoes and stops. */
export interface Holding extends Pick<Approvals, 'hold' | 'leave'>, Pick<OpenApprovals, 'veto'> {
  /** Lets go everything whose window is over, and sees to it that the next one is let go in time. */
  releaseDue(): Promise<void>
  close(): void
}

/**
 * The outbox: acts that may be done and that their user can still veto. Each lies in the store like an approval, and
 * time approves it: when its window is over it is released, claimed once, judged again and performed. Nothing is kept
 * in memory but one timer for the next that is due.
 */
export function createHolding(parts: ApprovalParts): Holding {
  const { store, clock, keyring, bus, log } = parts
  const timer = dueTimer(parts, releaseDue)

  async function hold(suspended: Suspended, holdMs: number) {
    const action = actionKey(keyring, suspended)
    const row = await parts.decisions.take(`hold ${suspended.holder}`, async () => {
      // Until it is there: another replica may be given the same in between, and what is there may end meanwhile.
      for (;;) {
        const there = (await joined(action)) ?? (await place(suspended, action, holdMs))
        if (there !== undefined) return there
      }
    })
    return await pendingView(parts, (await voidStopped(parts, row, suspended)) ?? row)
  }

  async function joined(action: string): Promise<ApprovalRow | undefined> {
    const held = (await store.ofAction(action)).find((row) => row.state === 'held')
    return held !== undefined && (await store.join(held.id)) ? held : undefined
  }

  async function place(suspended: Suspended, action: string, holdMs: number): Promise<HeldRow | undefined> {
    if ((await store.heldCount(suspended.holder)) >= heldPerHolderMax) {
      throw new Fault('approval.too-many', {
        detail: `${heldPerHolderMax} acts of this agent lie in the outbox already`,
      })
    }
    const { row, body } = await heldDraft(parts, suspended, action, holdMs)
    await parts.leaf(row, 'held')
    if (!(await store.insert(row, body))) return undefined
    timer.by(row.due)
    parts.announce(row, 'held')
    return row
  }

  async function leave(id: string, holder: string): Promise<void> {
    const row = await store.find(id)
    if (row?.holder !== holder) return
    // Somebody may join between the two.
    while (!(await store.leave(id))) {
      if ((await takeBack(parts, row, ['held'], true)) || (await store.find(id))?.state !== 'held') return
    }
  }

  async function releaseDue(): Promise<void> {
    // A page at a time; what cannot be moved was vetoed meanwhile, or another replica released it.
    const now = clock.now()
    for (const row of await store.due(now, now - unloggedMs)) await release(row)
    const next = await store.nextDue(now)
    if (next !== undefined) timer.by(next)
  }

  async function release({ id }: ApprovalRow): Promise<void> {
    await parts.decisions.take(id, async () => {
      const row = await store.find(id)
      // Vetoed meanwhile, or released and in the log.
      if (row === undefined || row.approved_leaf !== null) return
      const change = { state: 'approved', decided_at: clock.now() } as const
      if (!(await store.move(id, [row.state === 'approved' ? 'approved' : 'held'], change))) return
      const approved = { ...row, ...change }
      const suspended = row.decided_by === null ? await parts.safe.suspended(id) : undefined
      if (suspended !== undefined && (await voidStopped(parts, row, suspended)) !== undefined) return
      await logApproval(parts, approved)
      parts.announce(approved, 'approved')
    })
  }

  async function voidRevoked(mandates: ReadonlySet<string>): Promise<void> {
    for (let after = ''; ;) {
      const page = await store.held(after)
      for (const { id } of page) {
        const suspended = await parts.safe.suspended(id)
        if (suspended?.links.some((link) => mandates.has(link)) === true)
          await parts.voidOf(id, [revokedReason])
      }
      if (page.length === 0) return
      after = page.at(-1)!.id
    }
  }

  const unsubscribe = bus.subscribe('mandate.revoked', ({ ids }) => {
    if (!Array.isArray(ids)) return
    voidRevoked(new Set(ids as readonly string[])).catch((error: unknown) =>
      log.error('outbox.not-voided', { error: String(error) }),
    )
  })

  return {
    hold,
    leave,
    releaseDue,
    veto: async (caller, id) => await veto(parts, caller, id),
    close() {
      unsubscribe()
      timer.stop()
    },
  }
}

/**
 * Whoever stops something looks for what lies in the outbox once. What was decided before and comes there after, or on a
 * replica that did not hear of it, ends here: also where the stop was lifted since. Gives the row as it is then.
 */
async function voidStopped(
  parts: ApprovalParts,
  { id }: ApprovalRow,
  suspended: Suspended,
): Promise<ApprovalRow | undefined> {
  const why = await parts.stoppedSince?.(suspended)
  if (why === undefined) return undefined
  await parts.voidOf(id, [why])
  return await parts.store.find(id)
}

/**
 * The person whose act it is, or an owner or approver, does not want it: a session or a token may say so, because it
 * only ever stops something.
 */
async function veto(parts: ApprovalParts, caller: Caller, id: string): Promise<void> {
  const row = await parts.store.find(id)
  if (row === undefined || row.organization !== caller.organization) throw unknownApproval()
  if (!mayDecide(caller, row)) {
    throw new Fault('approval.not-yours', { detail: 'neither you nor your role may veto this' })
  }
  const denied = await decide(parts, caller, row, 'denied')
  await parts.leaf(denied, 'denied', caller.person)
  parts.announce(denied, 'denied')
}

interface HeldRow extends ApprovalRow {
  readonly due: number
}

async function heldDraft(parts: ApprovalParts, suspended: Suspended, action: string, holdMs: number) {
  const { row, body } = await draft(parts, { ...suspended, held: true }, action)
  const due = row.asked + holdMs
  // A node that was away for longer than anyone would wait for an answer does not send what is stale by then.
  const held: HeldRow = { ...row, state: 'held', due, expires: due + parts.expiresMs }
  return { row: held, body }
}

/** One timer, for whatever is due next. */
function dueTimer({ clock, log }: ApprovalParts, fire: () => Promise<void>) {
  let at = Infinity
  let cancel = (): void => undefined
  return {
    by(due: number): void {
      if (due >= at) return
      cancel()
      at = due
      cancel = clock.after(due - clock.now(), () => {
        at = Infinity
        fire().catch((error: unknown) => log.error('outbox.not-released', { error: String(error) }))
      })
    },
    stop(): void {
      at = -Infinity
      cancel()
    },
  }
}

const revokedReason: Reason = {
  code: 'mandate.revoked',
  rule: 'outbox',
  what: 'the mandate was revoked while the act lay in the outbox',
}
