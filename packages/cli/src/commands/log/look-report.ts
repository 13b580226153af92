import { createHash } from 'node:crypto'
import type { FollowOutcome, Look } from '@ambit/core/log/follow'
import type { Output } from '../../context.ts'
import { exitCodes } from '../../refusal.ts'
import type { ExitCode } from '../../refusal.ts'
import { shown } from '../../text.ts'
import { findingsText } from './fsck.ts'
import { writeOut } from './prove.ts'

const outcomeExits: Readonly<Record<FollowOutcome['kind'], ExitCode>> = {
  grown: exitCodes.done,
  same: exitCodes.done,
  rollback: exitCodes.refused,
  fork: exitCodes.refused,
  missing: exitCodes.refused,
  damaged: exitCodes.refused,
  'bad-signature': exitCodes.refused,
  unwitnessed: exitCodes.untried,
  silent: exitCodes.untried,
  unreachable: exitCodes.untried,
}

/** What a look at a log came to, for people and for programs; checkpoints that prove something are kept as files. */
export async function reportLook({ outcome, alarms, state }: Look, evidencePlace: string): Promise<Output> {
  const kept = await keepEvidence(outcome, evidencePlace)
  const exitCode = alarms.length > 0 ? exitCodes.refused : outcomeExits[outcome.kind]
  const lines = [
    `${outcome.kind}: ${outcomeText(outcome)}`,
    ...alarms.map((alarm) => {
      const place = 'index' in alarm ? ` at entry ${alarm.index} (act ${shown(alarm.act)})` : ''
      return `alarm ${alarm.code}${place}: ${shown(alarm.what)}`
    }),
    ...kept.map((path) => `kept ${path}`),
  ]
  const { leaves } = state
  return { text: lines.join('\n'), json: { outcome, alarms, unknown: leaves.unknown, kept }, exitCode }
}

function outcomeText(outcome: FollowOutcome): string {
  if (outcome.kind === 'grown') return `from size ${outcome.from} to ${outcome.size}, everything checked`
  if (outcome.kind === 'same') return `size ${outcome.size}, as before`
  if (outcome.kind === 'silent') {
    return `nothing new for ${Math.round(outcome.silentMs / 1000)} s; the log has ${outcome.size} entries`
  }
  if ('findings' in outcome) return findingsText(outcome.findings)
  if (outcome.kind === 'rollback') {
    return `${outcome.what}. A cache that is out of date gives the same: ask again, then hold both checkpoints against whoever runs the log`
  }
  return shown(outcome.what)
}

/** Writes the checkpoints that an outcome rests on, named by their content, so that none replaces another. */
async function keepEvidence(outcome: FollowOutcome, place: string): Promise<string[]> {
  const notes =
    'ours' in outcome
      ? { before: outcome.ours, after: outcome.theirs }
      : 'checkpoint' in outcome && outcome.checkpoint !== undefined
        ? { after: outcome.checkpoint }
        : {}
  const name = createHash('sha256').update(Object.values(notes).join('\n')).digest('hex').slice(0, 8)
  const kept: string[] = []
  for (const [side, note] of Object.entries(notes)) {
    const path = `${place}.${outcome.kind}-${name}.${side}.checkpoint`
    await writeOut(path, note)
    kept.push(path)
  }
  return kept
}
