import { join } from 'node:path'
import { entriesMaxDefault } from '@ambit/core/log/follow'
import type { FollowSeriesOptions, SeriesLook } from '@ambit/core/log/follow-series'
import { parseVkey } from '@ambit/core/log/note'
import { trustPolicy } from '@ambit/core/log/trust'
import type { Command } from 'commander'
import { parseCount } from '../../arguments.ts'
import type { Output } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import type { ExitCode } from '../../refusal.ts'
import { shown } from '../../text.ts'
import { directorySource } from './directory-source.ts'
import { addressSource, openSource, trustChoice } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { alarmText, exitOf, keepEvidence, outcomeText } from './look-report.ts'
import { nodeHashing } from './node-hashing.ts'

export interface SeriesOptions {
  readonly listVkey?: string
  readonly entriesMax: string
}

/** What makes a command follow a series of logs by its signed list, and the bound for each log. */
export function withSeries(command: Command): Command {
  return command
    .option(
      '--list-vkey <key>',
      'the key of a list of logs, which the place is then: all of its logs, see `ambit log shards`',
    )
    .option('--entries-max <n>', 'do not read a log that claims more entries', String(entriesMaxDefault))
}

export type SeriesPlace = Pick<
  FollowSeriesOptions,
  'source' | 'sourceOf' | 'listVkey' | 'trustOf' | 'entriesMax' | 'hashing'
>

/** The series at an address or in a folder; undefined where no key of a list is given: then the place is of one log. */
export async function openSeriesPlace(
  place: string,
  options: SeriesOptions & SourceOptions & TrustOptions,
): Promise<SeriesPlace | undefined> {
  const { listVkey } = options
  if (listVkey === undefined) return undefined
  const key = await parseVkey(listVkey)
  if (!key.ok) throw new Refusal(`--list-vkey cannot be read: ${key.reason}`, 'Write it as `name+id+key`.')
  const choice = await trustChoice(options)
  if (choice?.kind === 'key') {
    throw new Refusal('--vkey and --list-vkey were both given', 'The list names the keys of its logs.')
  }
  const base = place.replace(/\/+$/, '')
  return {
    source: await openSource(base, options),
    sourceOf: (label) => addressSource(`${base}/${label}`, options) ?? directorySource(join(base, label)),
    listVkey,
    entriesMax: parseCount(options.entriesMax),
    hashing: nodeHashing,
    // The list names the logs; the witnesses and their quorum are those of the policy.
    ...(choice === undefined
      ? {}
      : { trustOf: (log) => trustPolicy({ ...choice.policy, logs: [{ key: log }] }) }),
  }
}

/** What a look at a series came to; notes that prove something are kept as files beside `evidencePlace`. */
export async function reportSeries(look: SeriesLook, evidencePlace: string | undefined): Promise<Output> {
  const { outcome, logs, alarms, state } = look
  const kept: string[] = []
  if (evidencePlace !== undefined) {
    for (const each of [outcome, ...logs.map((log) => log.outcome)])
      kept.push(...(await keepEvidence(each, evidencePlace)))
  }
  const lines = [
    `${outcome.kind}: ${outcomeText(outcome)}`,
    ...logs.map((each) => `${shown(each.log)}: ${each.outcome.kind}: ${outcomeText(each.outcome)}`),
    ...alarms.map((alarm) => `${shown(alarm.log)}: ${alarmText(alarm)}`),
    ...kept.map((path) => `kept ${path}`),
  ]
  const json = { outcome, logs, alarms, unknown: state?.leaves.unknown ?? {}, kept }
  return { text: lines.join('\n'), json, exitCode: worstOf(look) }
}

/** Proof of misbehaviour anywhere comes before what could not be checked. */
function worstOf({ outcome, logs, alarms }: SeriesLook): ExitCode {
  const exits = [exitOf(outcome), ...logs.map((each) => exitOf(each.outcome))]
  if (alarms.length > 0 || exits.includes(exitCodes.refused)) return exitCodes.refused
  return exits.includes(exitCodes.untried) ? exitCodes.untried : exitCodes.done
}
