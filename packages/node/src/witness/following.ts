import { base64, utf8Text } from '@ambit/core/bytes'
import { parseCheckpoint } from '@ambit/core/log/checkpoint'
import { openShardList } from '@ambit/core/log/shards'
import type { ShardList } from '@ambit/core/log/shards'
import type { Clock } from '../kernel/clock.ts'
import type { CosignedHead, WitnessedLog, WitnessReader, WitnessWriter } from './witness-store.ts'

/** What is answered to a list: taken, an older one than was seen before, or why not. */
export type ListAnswer =
  | { readonly status: 204 }
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404; readonly reason: string }

/** The log that takes entries, and one that ended a moment ago. */
const shardsTaken = 2
/** Logs of one series: a turn each half-year, and one each month for years. */
const followedMax = 100

/**
 * Takes the signed list of the logs of a series whose list key stands here (`core/log/shards`), so that a witness goes
 * on with the next log of a node by itself. A log that is known already keeps its keys and what was cosigned of it.
 */
export async function addShards(
  body: Uint8Array,
  { store, clock }: { readonly store: WitnessReader & WitnessWriter; readonly clock: Clock },
): Promise<ListAnswer> {
  const note = textOf(body)
  const head = note === undefined ? undefined : parseCheckpoint(note)
  if (note === undefined || head?.ok !== true) return { status: 400, reason: 'the body is no list of logs' }
  const series = await store.log(head.checkpoint.origin)
  if (series === undefined) return { status: 404, reason: 'unknown list of logs' }
  const list = await openWith(note, series.vkeys)
  if (list === undefined) return { status: 403, reason: 'invalid signature on the list of logs' }
  if (list.version < series.head.size) return { status: 409, size: series.head.size }
  for (const { origin, vkeys } of list.shards.slice(-shardsTaken))
    await store.follow(series, { origin, vkeys, at: clock.now() }, followedMax)
  await remember(store, series, list, base64(head.checkpoint.root), note)
  return { status: 204 }
}

async function openWith(note: string, vkeys: readonly string[]): Promise<ShardList | undefined> {
  for (const vkey of vkeys) {
    const opened = await openShardList(note, vkey)
    if (opened.ok) return opened.list
  }
  return undefined
}

/** An older list does not come back. Where somebody else was faster, theirs is as good. */
async function remember(
  store: WitnessWriter,
  { origin, head }: WitnessedLog,
  { version }: ShardList,
  root: string,
  note: string,
): Promise<void> {
  const to: CosignedHead = { size: version, root, time: head.time }
  if (version > head.size) await store.advance(origin, head, to, note)
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return utf8Text(body)
  } catch {
    // Bytes that are no text are no list; that is the answer.
    return undefined
  }
}
