import { Fault } from '@ambit/core/fault'
import { lastingLinks } from '@ambit/core/mandate-chain'
import type { ApprovalRow } from './approval-store.ts'
import type { ApprovalParts } from './parts.ts'
import { narrowProblem, patternOf } from './pattern.ts'
import type { Pattern } from './pattern.ts'
import { sealPattern, standingPerPersonMax } from './standing.ts'

const dayMs = 86_400_000

/** What an approval would stand for from then on. Throws `approval.standing` where there is no such thing. */
export async function remembered(parts: ApprovalParts, row: ApprovalRow): Promise<Pattern> {
  const suspended = await parts.safe.suspended(row.id)
  const problem =
    suspended === undefined || row.mode !== 'act' ? 'it is no single act' : narrowProblem(suspended)
  if (problem !== undefined || suspended === undefined) {
    throw new Fault('approval.standing', { detail: problem ?? 'its contents are gone', where: 'remember' })
  }
  if ((await parts.standings.liveCount(row.subject)) >= standingPerPersonMax) {
    throw new Fault('approval.standing', {
      detail: `a person has ${standingPerPersonMax} standing approvals at most`,
      where: 'remember',
      remedy: 'End some that are no longer needed, or approve it once.',
    })
  }
  return patternOf(suspended, lastingLinks(suspended.links))
}

/**
 * Puts it into force. Its id follows from the approval's, so that asking again after a failure gives no second one.
 */
export async function giveStanding(
  parts: ApprovalParts,
  row: ApprovalRow,
  pattern: Pattern,
  days: number,
): Promise<void> {
  const id = row.id.replace(/^ap_/, 'sa_')
  const given = row.decided_at ?? parts.clock.now()
  await parts.standings.give(
    {
      id,
      organization: row.organization,
      subject: row.subject,
      act: row.act,
      card: row.card,
      given_by: row.decided_by ?? row.subject,
      given_at: given,
      expires: given + days * dayMs,
      signature: row.signature ?? '',
      leaf: null,
      ended: null,
      pattern: sealPattern(parts.keyring, id, pattern),
    },
    pattern,
    row.decided_by ?? row.subject,
  )
}
