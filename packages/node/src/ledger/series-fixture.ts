import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { openShardList, verifyShardList } from '@ambit/core/log/shards'
import { tilePath, tileWidth } from '@ambit/core/log/tile'
import { handClock } from '@ambit/testkit/clock'
import type { HandClock } from '@ambit/testkit/clock'
import { createKeyring } from '../kernel/keyring.ts'
import { openFileGuard } from './ledger.ts'
import type { Series, SeriesOptions } from './ledger.ts'

export const seriesName = 'node.example/activity'
const master = createHash('sha256').update('a master key of tests').digest()

/** Files that are filled with zeros in no time. */
export const smallLimits = {
  batchEntries: 512,
  batchBytes: 64 * 1024,
  segmentBytesMin: 128 * 1024,
  segmentBytesMax: 256 * 1024,
  ringHashes: 4096,
}

/** Options of a series in a folder, its guard beside the logs; failures off the path are collected. */
export async function seriesIn(
  root: string,
  clock: HandClock = handClock(Date.UTC(2026, 10, 1)),
  change: Partial<SeriesOptions> = {},
): Promise<SeriesOptions & { readonly clock: HandClock; readonly failures: Fault[] }> {
  const failures: Fault[] = []
  return {
    directory: join(root, 'log'),
    name: seriesName,
    keyring: createKeyring(master, clock),
    guard: await openFileGuard(join(root, 'guard')),
    onFailure: (fault) => failures.push(fault),
    failures,
    limits: smallLimits,
    ...change,
    clock,
  }
}

/** Every entry with its position, as text. */
export async function allEntries(series: Series, from = 0): Promise<[number, string][]> {
  const entries: [number, string][] = []
  for await (const { index, entry } of series.entries(from))
    entries.push([index, Buffer.from(entry).toString()])
  return entries
}

/** Reads the first two entries of each log from its public files and holds the list against them. */
export async function checkList(series: Series, earlier?: string) {
  await series.checkpoint(series.size)
  const { note, vkey } = series.list
  const opened = await openShardList(note, vkey)
  if (!opened.ok) throw new Error(opened.reason)
  const openings = new Map<string, Buffer[]>()
  for (const { origin, state } of opened.list.shards) {
    if (state === 'pruned') continue
    const label = origin.slice(series.name.length + 1)
    const checkpoint = await series.file(`${label}/checkpoint`)
    const size = Number(Buffer.from(checkpoint!.bytes).toString().split('\n')[1])
    const width = Math.min(tileWidth, size)
    const bundle = await series.file(`${label}/${tilePath({ level: 'entries', index: 0, width })}`)
    openings.set(origin, entriesOf(Buffer.from(bundle!.bytes)).slice(0, 2))
  }
  const before = earlier === undefined ? {} : { earlier }
  return await verifyShardList({ list: note, vkey, openings, ...before })
}

function entriesOf(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = []
  for (let at = 0; at < bundle.length;) {
    const length = bundle.readUInt16BE(at)
    entries.push(bundle.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return entries
}
