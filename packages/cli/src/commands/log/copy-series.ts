import { join } from 'node:path'
import { base64 } from '@ambit/core/bytes'
import { lookSeries } from '@ambit/core/log/follow-series'
import type { SeriesLook } from '@ambit/core/log/follow-series'
import { shardLabel } from '@ambit/core/log/follow-shard'
import type { FollowedLog, SeriesState } from '@ambit/core/log/follow-state'
import { noLeaves } from '@ambit/core/log/leaf-rules'
import { parseVkey } from '@ambit/core/log/note'
import { openShardList } from '@ambit/core/log/shards'
import { listPath } from '@ambit/core/log/source'
import { trustKey } from '@ambit/core/log/trust'
import { Refusal } from '../../refusal.ts'
import { copyLook, copyState } from './copy-log.ts'
import { directorySource } from './directory-source.ts'
import { MirrorFolder } from './mirror-folder.ts'
import type { SeriesPlace } from './series.ts'

/** Copies what is new in a series: each log with its checkpoint after its files, and the list after all logs. */
export async function copySeries(series: SeriesPlace, folder: string, now: number): Promise<SeriesLook> {
  const state = await seriesState(series, folder, now)
  const copies = new Map<string, MirrorFolder>()
  const seen = await lookSeries({
    ...series,
    ...(state === undefined ? {} : { state }),
    now,
    async lookAt(label, options) {
      const copied = new MirrorFolder(join(folder, label))
      copies.set(label, copied)
      return await copyLook(join(folder, label), copied, options)
    },
    onHeld: async (label, { head }) => await copies.get(label)?.finish(head!.checkpoint),
  })
  const whole = seen.logs.every(
    ({ outcome: { kind } }) => kind === 'grown' || kind === 'same' || kind === 'lost',
  )
  const list = seen.state?.list
  if (seen.outcome.kind === 'followed' && whole && list !== undefined && list !== state?.list) {
    await new MirrorFolder(folder).finish(list, listPath)
  }
  return seen
}

/** Where a copy stands: its own list and the checkpoints of its logs. */
async function seriesState(
  { listVkey }: SeriesPlace,
  folder: string,
  now: number,
): Promise<SeriesState | undefined> {
  const bytes = await directorySource(folder).read(listPath)
  if (bytes === undefined) return undefined
  const note = Buffer.from(bytes).toString('utf8')
  const opened = await openShardList(note, listVkey)
  if (!opened.ok) {
    throw new Refusal(
      `the list of logs in ${folder} is not to be believed: ${opened.reason}`,
      'Name the key that the mirror began with, or another folder.',
    )
  }
  const logs: Record<string, FollowedLog> = {}
  for (const shard of opened.list.shards) {
    const key = await parseVkey(shard.vkeys[0]!)
    const label = shardLabel(opened.list, shard)
    const copy = key.ok ? await copyState(join(folder, label), trustKey(key.verifier), now) : undefined
    if (copy === undefined) continue
    const { leaves: _leaves, ...followed } = copy
    const { end } = shard
    const ended = end !== undefined && copy.head.size === end.size && copy.head.root === base64(end.root)
    logs[shard.origin] = { ...followed, opened: true, ended }
  }
  return { v: 1, list: note, logs, leaves: noLeaves }
}
