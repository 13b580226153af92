import { createHash } from 'node:crypto'
import type { Finding } from '@ambit/core/log/finding'
import type { FollowOutcome, Look } from '@ambit/core/log/follow'
import type { ListOutcome, SeriesAlarm } from '@ambit/core/log/follow-series'
import type { ShardOutcome } from '@ambit/core/log/follow-shard'
import type { Output } from '../../context.ts'
import { exitCodes } from '../../refusal.ts'
import type { ExitCode } from '../../refusal.ts'
import { shown } from '../../text.ts'
import { writeOut } from './prove.ts'

export type Outcome = FollowOutcome | ShardOutcome | ListOutcome

const outcomeExits: Readonly<Record<Outcome['kind'], ExitCode>> = {
  grown: exitCodes.done,
  same: exitCodes.done,
  reading: exitCodes.done,
  rollback: exitCodes.refused,
  fork: exitCodes.refused,
  missing: exitCodes.refused,
  damaged: exitCodes.refused,
  'bad-signature': exitCodes.refused,
  unwitnessed: exitCodes.untried,
  silent: exitCodes.untried,
  unreachable: exitCodes.untried,
  'too-large': exitCodes.untried,
  followed: exitCodes.done,
  contradiction: exitCodes.refused,
  'bad-list': exitCodes.refused,
  lost: exitCodes.refused,
}

/** What a look at a log came to, for people and for programs; checkpoints that prove something are kept as files. */
export async function reportLook({ outcome, alarms, state }: Look, evidencePlace: string): Promise<Output> {
  const kept = await keepEvidence(outcome, evidencePlace)
  const exitCode = alarms.length > 0 ? exitCodes.refused : exitOf(outcome)
  const lines = [
    `${outcome.kind}: ${outcomeText(outcome)}`,
    ...alarms.map((alarm) => alarmText(alarm)),
    ...kept.map((path) => `kept ${path}`),
  ]
  const { leaves } = state
  return { text: lines.join('\n'), json: { outcome, alarms, unknown: leaves.unknown, kept }, exitCode }
}

export function exitOf({ kind }: Outcome): ExitCode {
  return outcomeExits[kind]
}

export function alarmText(alarm: Look['alarms'][number] | SeriesAlarm): string {
  const place = 'index' in alarm ? ` at entry ${alarm.index} (act ${shown(alarm.act)})` : ''
  return `alarm ${alarm.code}${place}: ${shown(alarm.what)}`
}

export function outcomeText(outcome: Outcome): string {
  if (outcome.kind === 'grown') return `from size ${outcome.from} to ${outcome.size}, everything checked`
  if (outcome.kind === 'same') return `size ${outcome.size}, as before`
  if (outcome.kind === 'reading') return `read to entry ${outcome.to} of ${outcome.size}, all is well so far`
  if (outcome.kind === 'followed') return `the list of version ${outcome.version} holds`
  if (outcome.kind === 'too-large') {
    return `${shown(outcome.what)}. Where you know that it has so many, raise --entries-max`
  }
  if (outcome.kind === 'silent') {
    return `nothing new for ${Math.round(outcome.silentMs / 1000)} s; the log has ${outcome.size} entries`
  }
  if ('findings' in outcome) return findingsText(outcome.findings)
  if (outcome.kind === 'rollback') {
    return `${outcome.what}. A cache that is out of date gives the same: ask again, then hold both against whoever runs the log`
  }
  return shown(outcome.what)
}

/** Writes the checkpoints and lists (which have the form of one) that an outcome rests on, named by their content, so that none replaces another. */
export async function keepEvidence(outcome: Outcome, place: string): Promise<string[]> {
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

export function findingsText(findings: readonly Finding[]): string {
  return findings.map(({ file, what, remedy }) => `${shown(file)}: ${shown(what)}\n  ${remedy}`).join('\n')
}
