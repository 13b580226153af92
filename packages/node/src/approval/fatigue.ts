import { Fault } from '@ambit/core/fault'
import type { Caller } from '../kernel/route.ts'
import type { ApprovalParts } from './parts.ts'

/** How far back asks and answers count; after that a person is rested by itself. */
const windowMs = 10 * 60_000
/** Nobody reads a card in less. */
export const quickMs = 700

/**
 * Whether a person is asked so much, or answers so quickly, that their single answers mean nothing. Counted from the
 * store, so that it is the same on every replica and after a restart.
 */
export async function isTired(parts: ApprovalParts, person: string): Promise<boolean> {
  const { asksMax, quickMax } = parts.fatigue ?? { asksMax: 0, quickMax: 0 }
  const since = parts.clock.now() - windowMs
  if (asksMax > 0 && (await parts.store.askedSince(person, since)) > asksMax) return true
  return quickMax > 0 && (await parts.store.quickSince(person, since, quickMs)) >= quickMax
}

/**
 * Refuses a single approval of a person who is tired, and tells the operator. Only ever refuses: it lets nothing
 * through. Throws `approval.plan-mode`.
 */
export async function assertRested(parts: ApprovalParts, caller: Caller): Promise<void> {
  if (!(await isTired(parts, caller.person))) return
  parts.tired(caller.person)
  parts.bus.publish('approval.fatigue', { person: caller.person, organization: caller.organization })
  throw new Fault('approval.plan-mode', { detail: 'single approvals rest for up to ten minutes' })
}
