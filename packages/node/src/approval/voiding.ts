import type { Reason } from '@ambit/core/decision'
import { limits } from '../kernel/limits.ts'
import type { OpenApprovals, Suspended } from './approval.ts'

/** The states in which an act waits for somebody or something; what was approved is judged again anyway. */
const waiting = ['pending', 'planned', 'held'] as const

/** Ends what waits in an organisation and matches, such as all that a stop reaches. Gives how many. */
export async function voidWaiting(
  { parts }: Pick<OpenApprovals, 'parts'>,
  organization: string,
  matches: (suspended: Suspended) => boolean,
  reasons: readonly Reason[],
): Promise<number> {
  let ended = 0
  for (const state of waiting) {
    for (let before: string | undefined; ;) {
      const rows = await parts.store.list({
        organization,
        state,
        limit: limits.pageRowsMax,
        ...(before === undefined ? {} : { before }),
      })
      for (const { id } of rows) {
        const suspended = await parts.safe.suspended(id)
        if (suspended === undefined || !matches(suspended)) continue
        await parts.voidOf(id, reasons)
        ended++
      }
      before = rows.at(-1)?.id
      if (rows.length < limits.pageRowsMax) break
    }
  }
  return ended
}
