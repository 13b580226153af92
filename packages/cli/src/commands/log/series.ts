import { join } from 'node:path'
import type { FollowSeriesOptions, SeriesLook } from '@ambit/core/log/follow-series'
import { parseVkey } from '@ambit/core/log/note'
import type { NoteVerifier } from '@ambit/core/log/note'
import { trustKey, trustPolicy } from '@ambit/core/log/trust'
import type { Trust } from '@ambit/core/log/trust'
import { entriesMaxDefault } from '@ambit/core/log/follow'
import type { Command } from 'commander'
import { parseCount } from '../../arguments.ts'
import type { Output } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import { shown } from '../../text.ts'
import { directorySource } from './directory-source.ts'
import { openSource, trustChoice } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { alarmText, exitOf, keepEvidence, outcomeText } from './look-report.ts'
import { nodeHashing } from './node-hashing.ts'

export interface ListOptions {
  readonly listVkey?: string
  readonly entriesMax: string
}

/** What follows a series of logs by its signed list, and the bound for one log. */
export function withList(command: Command): Command {
  return command
    .option(
      '--list-vkey <key>',
      'the place is that of a list of logs, signed by this key: do it for all of them (`ambit log shards`)',
    )
    .option('--entries-max <n>', 'read no log that claims more entries', String(entriesMaxDefault))
}

export type SeriesPlace = Pick<
  FollowSeriesOptions,
  'source' | 'sourceOf' | 'listVkey' | 'trustOf' | 'entriesMax' | 'hashing'
>

/** The series at an address or in a folder; undefined where no key of a list is given, so that the place is one log. */
export async function openSeriesPlace(
  place: string,
  options: ListOptions & SourceOptions & TrustOptions,
): Promise<SeriesPlace | undefined> {
  const { listVkey } = options
  if (listVkey === undefined) return undefined
  const key = await parseVkey(listVkey)
  if (!key.ok) throw new Refusal(`--list-vkey cannot be read: ${key.reason}`, 'Write it as `name+id+key`.')
  const source = await openSource(place, options)
  const base = place.replace(/\/+$/, '')
  const remote = /^https?:/i.test(base)
  const labels = new Map<string, ReturnType<FollowSeriesOptions['sourceOf']>>()
  if (remote) {
    return { ...(await common()), source, sourceOf: (label) => lazySource(`${base}/${label}`, options) }
  }
  return { ...(await common()), source, sourceOf: (label) => directorySource(join(base, label)) }
}
