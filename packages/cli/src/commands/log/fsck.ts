import { auditTree } from '@ambit/core/log/audit'
import type { AuditReport } from '@ambit/core/log/audit'
import { finding } from '@ambit/core/log/finding'
import { lookSeries } from '@ambit/core/log/follow-series'
import { noLeaves } from '@ambit/core/log/leaf-rules'
import { checkpointPath } from '@ambit/core/log/source'
import type { LogSource } from '@ambit/core/log/source'
import type { Trust, Trusted } from '@ambit/core/log/trust'
import type { Command } from 'commander'
import { parseCount } from '../../arguments.ts'
import type { Context } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import {
  chosenTrust,
  openSource,
  readBytes,
  readText,
  trustOf,
  withSource,
  withTrust,
} from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { findingsText } from './look-report.ts'
import { nodeHashing } from './node-hashing.ts'
import { openSeriesPlace, reportSeries, withSeries } from './series.ts'
import type { SeriesOptions, SeriesPlace } from './series.ts'

/** Entries between two lines of progress. */
const progressEntries = 65_536

interface FsckOptions extends SourceOptions, TrustOptions, SeriesOptions {
  readonly since?: string
  readonly hashesOnly?: boolean
}

/** `ambit log fsck`: reads a whole log and names everything in it that is not what its checkpoint signed. */
export function fsckCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'fsck <url|folder>',
    'read a whole log or list of logs and check everything in it: 0 sound, 1 not, 2 it could not be read',
    'log fsck http://localhost:7100/log/registry/2026h2 --vkey "example.org/registry+0a1b2c3d+AX…"',
  )
  withSeries(withTrust(withSource(command)))
    .option(
      '--since <checkpoint>',
      'a checkpoint you kept: check only what is new, and that the log continues it; or a list of logs',
    )
    .option(
      '--hashes-only',
      'leave out the entries, for a log that has deleted them or shows them to others only',
    )
    .action(async (place: string, options: FsckOptions) => {
      const series = await openSeriesPlace(place, options)
      if (series !== undefined) return await fsckSeries(series, options, context)
      const trust = trustOf(await chosenTrust(options))
      const source = await openSource(place, options)
      const since = options.since === undefined ? undefined : await keptHead(options.since, trust)
      const bytes = await source.read(checkpointPath)
      const trusted = bytes === undefined ? undefined : await trust(bytes)
      const report =
        trusted?.ok === true
          ? await audit(source, bounded(trusted, options), since, options.hashesOnly === true, context)
          : unbelieved(trusted?.reason ?? 'the log serves no checkpoint', trusted !== undefined)
      const { checkpoint } = trusted?.ok === true ? trusted : { checkpoint: undefined }
      context.reply({
        text: reportText(report, checkpoint?.size),
        json: { ...report, origin: checkpoint?.origin, size: checkpoint?.size },
        exitCode: report.ok ? exitCodes.done : exitCodes.refused,
      })
    })
}

/** Reads all logs of a list, without what is remembered of them or what the leaves mean. */
async function fsckSeries(series: SeriesPlace, options: FsckOptions, context: Context): Promise<void> {
  const { terminal } = context
  const list = options.since === undefined ? undefined : await readText(options.since)
  const output = await reportSeries(
    await lookSeries({
      ...series,
      now: terminal.now(),
      hashesOnly: options.hashesOnly === true,
      ...(list === undefined ? {} : { state: { v: 1, list, logs: {}, leaves: noLeaves } }),
      onProgress: progress((checked) => terminal.err(`${checked} entries of a log checked`)),
    }),
    undefined,
  )
  context.reply({ ...output, json: { ok: output.exitCode === exitCodes.done, ...(output.json as object) } })
}

function bounded(trusted: Believed, { entriesMax }: FsckOptions): Believed {
  const { size } = trusted.checkpoint
  if (size <= parseCount(entriesMax)) return trusted
  throw new Refusal(
    `the log claims ${size} entries, and more than ${entriesMax} are not read`,
    'Where you know that it has so many, raise --entries-max.',
  )
}

/** Tells of progress now and then; a new log begins to count anew. */
function progress(tell: (checked: number) => void): (checked: number) => void {
  let told = 0
  return (checked) => {
    if (checked < told) told = 0
    if (checked - told < progressEntries) return
    told = checked
    tell(checked)
  }
}

type Believed = Extract<Trusted, { ok: true }>

async function audit(
  source: LogSource,
  { checkpoint }: Believed,
  since: Believed | undefined,
  hashesOnly: boolean,
  { terminal }: Context,
): Promise<AuditReport> {
  return await auditTree({
    source,
    head: checkpoint,
    hashing: nodeHashing,
    hashesOnly,
    ...(since === undefined ? {} : { from: since.checkpoint }),
    onProgress: progress((checked) => {
      terminal.err(`${checked} of ${checkpoint.size - (since?.checkpoint.size ?? 0)} entries checked`)
    }),
  })
}

async function keptHead(file: string, trust: Trust): Promise<Believed> {
  const trusted = await trust(await readBytes(file))
  if (trusted.ok) return trusted
  throw new Refusal(`${file} is not to be believed: ${trusted.reason}`, 'Give a checkpoint of this log.')
}

function unbelieved(reason: string, there: boolean): AuditReport {
  const found = finding(there ? 'signature' : 'missing', checkpointPath, reason)
  return { ok: false, checked: 0, findings: [found], complete: false }
}

function reportText(report: AuditReport, size: number | undefined): string {
  if (report.ok)
    return `Sound. Entries checked: ${report.checked}, all as the checkpoint of size ${size} signed them.`
  const rest = report.complete ? '' : '\n\nNot everything was looked at.'
  return `${findingsText(report.findings)}${rest}`
}
