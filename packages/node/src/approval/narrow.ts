import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import { lastingLinks } from '@ambit/core/mandate-chain'
import { digestValue } from '../kernel/digest.ts'
import type { Caller } from '../kernel/route.ts'
import type { ApprovalRow } from './approval-store.ts'
import { assertOwn } from './decision.ts'
import type { ApprovalParts } from './parts.ts'
import { narrowProblem, patternOf } from './pattern.ts'
import type { Pattern } from './pattern.ts'
import { sealPattern, standingPerPersonMax } from './standing.ts'

const dayMs = 86_400_000

/**
 * What an approval would stand for from then on. Throws `approval.not-yours`, and `approval.standing` where there is no
 * such thing.
 */
export async function remembered(parts: ApprovalParts, caller: Caller, row: ApprovalRow): Promise<Pattern> {
  assertOwn(caller, row)
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

/** For how many days it was signed that later calls are approved too; undefined: it was not. */
export function signedDays(row: Pick<ApprovalRow, 'signature'>): number | undefined {
  return signedFor(row)?.days
}

/** The statement as it was signed (signing.ts, decision.ts). */
function signedFor({ signature }: Pick<ApprovalRow, 'signature'>): Signed['remember'] {
  return signature === null ? undefined : (JSON.parse(signature) as { body: Signed }).body.remember
}

interface Signed {
  readonly remember?: { readonly days: number; readonly pattern: Digest }
}

/**
 * Puts into force what was signed for later calls, where anything was. Its id follows from the approval's, so that
 * asking again after a failure gives no second one.
 */
export async function giveSigned(parts: ApprovalParts, row: ApprovalRow): Promise<void> {
  const signed = signedFor(row)
  const suspended = signed === undefined ? undefined : await parts.safe.suspended(row.id)
  if (signed === undefined || suspended === undefined) return
  const pattern = patternOf(suspended, lastingLinks(suspended.links))
  if (digestValue(pattern) !== signed.pattern) {
    parts.log.error('standing.not-as-signed', { approval: row.id })
    return
  }
  const id = row.id.replace(/^ap_/, 'sa_')
  const given = row.decided_at ?? parts.clock.now()
  const person = row.decided_by ?? row.subject
  await parts.standings.give({
    id,
    organization: row.organization,
    subject: row.subject,
    act: row.act,
    card: row.card,
    given_by: person,
    given_at: given,
    expires: given + signed.days * dayMs,
    signature: row.signature ?? '',
    leaf: null,
    ended: null,
    ended_leaf: null,
    pattern: sealPattern(parts.keyring, id, pattern),
  })
}
