import { mkdir } from 'node:fs/promises'
import type { Look } from '@ambit/core/log/follow'
import type { LogSource } from '@ambit/core/log/source'
import type { Trust } from '@ambit/core/log/trust'
import type { Command } from 'commander'
import { parseCount } from '../../arguments.ts'
import type { Context } from '../../context.ts'
import { copyLook, copyState } from './copy-log.ts'
import { copySeries } from './copy-series.ts'
import { chosenTrust, openSource, trustOf, withSource, withTrust } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { reportLook } from './look-report.ts'
import { MirrorFolder } from './mirror-folder.ts'
import { nodeHashing } from './node-hashing.ts'
import { repeatLook, withRepeat } from './repeat-look.ts'
import type { RepeatOptions } from './repeat-look.ts'
import { openSeriesPlace, reportSeries, withSeries } from './series.ts'
import type { SeriesOptions } from './series.ts'

interface MirrorOptions extends SourceOptions, TrustOptions, RepeatOptions, SeriesOptions {}

/** `ambit log mirror`: a copy in the public layout, of one log or all of a list; each file was checked before it was written. */
export function mirrorCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'mirror <url> <folder>',
    'keep a checked copy of a log or a list of logs, in exactly its public layout',
    'log mirror https://node.example/log/registry/2026h2 ./registry-mirror --policy policy.txt --once',
  )
  withRepeat(withSeries(withTrust(withSource(command)))).action(
    async (place: string, folder: string, options: MirrorOptions) => {
      const series = await openSeriesPlace(place, options)
      const evidencePlace = folder.replace(/\/+$/, '')
      const { terminal } = context
      if (series !== undefined) {
        await mkdir(folder, { recursive: true })
        await repeatLook(context, options, async () =>
          reportSeries(await copySeries(series, folder, terminal.now()), evidencePlace),
        )
        return
      }
      const trust = trustOf(await chosenTrust(options))
      const remote = await openSource(place, options)
      const entriesMax = parseCount(options.entriesMax)
      await mkdir(folder, { recursive: true })
      await repeatLook(context, options, async () =>
        reportLook(await copyLog(remote, folder, trust, terminal.now(), entriesMax), evidencePlace),
      )
    },
  )
}

async function copyLog(
  source: LogSource,
  folder: string,
  trust: Trust,
  now: number,
  entriesMax: number,
): Promise<Look> {
  const copied = new MirrorFolder(folder)
  const state = await copyState(folder, trust, now)
  const known = state === undefined ? {} : { state }
  const seen = await copyLook(folder, copied, {
    source,
    trust,
    now,
    entriesMax,
    hashing: nodeHashing,
    ...known,
  })
  if (seen.outcome.kind === 'grown' || seen.state.head?.checkpoint !== state?.head.checkpoint) {
    await copied.finish(seen.state.head?.checkpoint ?? '')
  }
  return seen
}
