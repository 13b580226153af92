import type { RecordView } from '../../api/types.ts'

/**
 * Whether a version that waits was submitted by this very person, who may not be the one to activate it where the
 * organisation asks for two. The node decides; this only spares a refusal.
 */
export function needsOtherPerson(
  { versions, rulings }: Pick<RecordView, 'versions' | 'rulings'>,
  twoPeople: boolean,
  person: string,
): boolean {
  if (!twoPeople) return false
  const waiting = versions.find(({ state }) => state === 'submitted')
  if (waiting === undefined) return false
  return rulings.some(
    ({ body }) =>
      body.kind === 'submission' &&
      body.person === person &&
      body.subject.digests.some((digest) => digest === waiting.digest),
  )
}
