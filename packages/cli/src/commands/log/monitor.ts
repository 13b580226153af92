import { look } from '@ambit/core/log/follow'
import type { FollowOptions } from '@ambit/core/log/follow'
import { lookSeries } from '@ambit/core/log/follow-series'
import { followStateSchema, seriesStateSchema } from '@ambit/core/log/follow-state'
import { tileWidth } from '@ambit/core/log/tile'
import type { Command } from 'commander'
import { parseCount, parseDuration } from '../../arguments.ts'
import type { Context, Output } from '../../context.ts'
import { exitCodes } from '../../refusal.ts'
import { shown } from '../../text.ts'
import { chosenTrust, openSource, trustOf, withSource, withTrust } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { reportLook } from './look-report.ts'
import { nodeHashing } from './node-hashing.ts'
import { repeatLook, withRepeat } from './repeat-look.ts'
import type { RepeatOptions } from './repeat-look.ts'
import { openSeriesPlace, reportSeries, withSeries } from './series.ts'
import type { SeriesOptions, SeriesPlace } from './series.ts'
import { readState, writeState } from './state-file.ts'

/** Entries between two writings of the state: some seconds, which are all that is read again after a break. */
const atOnceDefault = 2 ** 20

interface MonitorOptions extends SourceOptions, TrustOptions, RepeatOptions, SeriesOptions {
  readonly state: string
  readonly silent: string
  readonly overdue: string
  readonly leaves: boolean
  readonly atOnce: string
}

/** What one reading came to, and whether the log had grown by more than is read at once. */
interface Part {
  readonly output: Output
  readonly readOn: boolean
}

/** `ambit log monitor`: follows a log and says when it goes back, splits, loses a file or holds what it must not. */
export function monitorCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'monitor <url>',
    'follow a log or a list of logs: 0 all is well, 1 proof of misbehaviour or damage, 2 it could not be checked',
    'log monitor https://node.example/log/activity/ --list-vkey "node.example/activity/shards+…" --state node.state',
  )
  withRepeat(withSeries(withTrust(withSource(command))))
    .requiredOption('--state <file>', 'what is remembered from look to look; proof is written beside it')
    .option('--silent <time>', 'a log that says nothing new for this long is silent', '1d')
    .option('--overdue <time>', 'an act without an outcome for this long is an alarm', '1h')
    .option('--at-once <entries>', 'keep the state each time so many are read', String(atOnceDefault))
    .option('--no-leaves', 'do not read the entries as those of an Ambit node')
    .action(async (place: string, options: MonitorOptions) => {
      const series = await openSeriesPlace(place, options)
      const part =
        series === undefined ? await logPart(place, options, context) : seriesPart(series, options, context)
      await repeatLook(context, options, async () => {
        for (;;) {
          const { output, readOn } = await part()
          if (!readOn || output.exitCode === exitCodes.refused) return output
        }
      })
    })
}

async function logPart(
  place: string,
  options: MonitorOptions,
  context: Context,
): Promise<() => Promise<Part>> {
  const trust = trustOf(await chosenTrust(options))
  const source = await openSource(place, options)
  const rules = rulesOf(options)
  const entriesMax = parseCount(options.entriesMax)
  return async () => {
    const state = await readState(options.state, followStateSchema)
    const known = state === undefined ? {} : { state }
    const now = context.terminal.now()
    const seen = await look({ source, trust, now, hashing: nodeHashing, entriesMax, ...known, ...rules })
    const output = await reportLook(seen, options.state)
    if (seen.state !== state) await writeState(options.state, seen.state)
    const { outcome } = seen
    if (outcome.kind === 'reading') context.terminal.err(`${outcome.to} of ${outcome.size} entries read`)
    return { output, readOn: outcome.kind === 'reading' }
  }
}

function seriesPart(series: SeriesPlace, options: MonitorOptions, context: Context): () => Promise<Part> {
  const rules = rulesOf(options)
  return async () => {
    const state = await readState(options.state, seriesStateSchema)
    const known = state === undefined ? {} : { state }
    const seen = await lookSeries({ ...series, ...known, ...rules, now: context.terminal.now() })
    const output = await reportSeries(seen, options.state)
    if (seen.state !== state) await writeState(options.state, seen.state)
    let readOn = false
    for (const { log, outcome } of seen.logs) {
      if (outcome.kind !== 'reading') continue
      readOn = true
      context.terminal.err(`${shown(log)}: ${outcome.to} of ${outcome.size} entries read`)
    }
    return { output, readOn }
  }
}

function rulesOf(
  options: MonitorOptions,
): Pick<FollowOptions, 'silentMsMax' | 'intentMsMax' | 'lookEntriesMax'> {
  const atOnce = parseCount(options.atOnce)
  return {
    silentMsMax: parseDuration(options.silent),
    lookEntriesMax: Math.max(tileWidth, atOnce - (atOnce % tileWidth)),
    ...(options.leaves ? { intentMsMax: parseDuration(options.overdue) } : {}),
  }
}
