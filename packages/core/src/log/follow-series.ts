import { utf8Text } from '../bytes.ts'
import { Fault } from '../fault.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import type { ClockAlarm, FollowOutcome } from './follow.ts'
import { shardLabel, ShardVisit } from './follow-shard.ts'
import type { Contradiction, LossAlarm, ShardOptions, ShardOutcome } from './follow-shard.ts'
import type { SeriesState } from './follow-state.ts'
import { noLeaves } from './leaf-rules.ts'
import type { LeafAlarm } from './leaf-rules.ts'
import { listChange, openShardList } from './shards.ts'
import type { ShardList } from './shards.ts'
import { listPath } from './source.ts'
import type { LogSource } from './source.ts'

export type ListOutcome =
  /** The list held; what its logs came to stands with each. */
  | { readonly kind: 'followed'; readonly version: number }
  | Contradiction
  /** A list that was true once: a cache that is out of date shows the same, so it is worth asking again. */
  | Extract<FollowOutcome, { kind: 'rollback' }>
  /** Not signed by its key, or nothing that a list of logs can be. */
  | { readonly kind: 'bad-list'; readonly what: string; readonly checkpoint: string }
  | { readonly kind: 'missing'; readonly findings: readonly Finding[] }
  | { readonly kind: 'unreachable'; readonly what: string }

/** In a series an alarm names its log, and an index is one in that log. */
export type SeriesAlarm = (LeafAlarm | ClockAlarm | LossAlarm) & { readonly log: string }

export interface ShardLook {
  readonly log: string
  readonly outcome: ShardOutcome
}

export interface SeriesLook {
  readonly outcome: ListOutcome
  /** The logs that were looked at, oldest first; not those that ended and were read to their end before. */
  readonly logs: readonly ShardLook[]
  readonly alarms: readonly SeriesAlarm[]
  /** For the next look; undefined where no list has held yet. */
  readonly state: SeriesState | undefined
}

export interface FollowSeriesOptions extends ShardOptions {
  /** The files of the series: only its list is read here. */
  readonly source: LogSource
  /** The key of the list. */
  readonly listVkey: string
  /** From the look before; left out at the first. */
  readonly state?: SeriesState
}

/** A label is a name of a folder and a part of an address, and the list that names it comes from outside. */
const labelForm = /^[a-z0-9][a-z0-9-]{0,63}$/

/**
 * One look at a series of logs that is being followed: its list, that nothing in it was taken back, and each log that is
 * new or open, with the state machine of one log. Rules of leaves go on from one log to the next.
 *
 * @example
 * ```ts
 * const { outcome, logs, state } = await lookSeries({ source, sourceOf, listVkey, now: Date.now() })
 * ```
 */
export async function lookSeries(options: FollowSeriesOptions): Promise<SeriesLook> {
  const read = await readList(options)
  if (!read.ok) return { outcome: read.outcome, logs: [], alarms: [], state: options.state }
  const { list, note } = read
  const { logs: before = {}, leaves = noLeaves } = options.state ?? {}
  let state: SeriesState = { v: 1, list: note, logs: before, leaves }
  const logs: ShardLook[] = []
  const alarms: SeriesAlarm[] = []
  for (const at of list.shards.keys()) {
    const { origin } = list.shards[at]!
    if (state.logs[origin]?.ended === true) continue
    const seen = await new ShardVisit(options, list, note, at).look(state)
    logs.push({ log: origin, outcome: seen.outcome })
    alarms.push(...seen.alarms.map((alarm) => placed(alarm, list, origin)))
    state = seen.state
    // Leaves make sense in their order only; files can be checked in any.
    if (!seen.held && options.intentMsMax !== undefined) break
  }
  return { outcome: { kind: 'followed', version: list.version }, logs, alarms, state }
}

type ListRead =
  | { readonly ok: true; readonly list: ShardList; readonly note: string }
  | { readonly ok: false; readonly outcome: ListOutcome }

async function readList({ source, listVkey, state }: FollowSeriesOptions): Promise<ListRead> {
  const no = (outcome: ListOutcome): ListRead => ({ ok: false, outcome })
  let bytes: Uint8Array | undefined
  try {
    bytes = await source.read(listPath)
  } catch (error) {
    if (!Fault.is(error, 'ledger.unreachable')) throw error
    return no({ kind: 'unreachable', what: error.detail })
  }
  if (bytes === undefined) {
    return no({ kind: 'missing', findings: [finding('missing', listPath, 'there is no list of logs')] })
  }
  const note = textOf(bytes)
  const bad = (what: string): ListRead => no({ kind: 'bad-list', what, checkpoint: note ?? '' })
  if (note === undefined) return bad('the list of logs is not UTF-8')
  const opened = await openShardList(note, listVkey)
  if (!opened.ok) return bad(opened.reason)
  const odd = opened.list.shards.find((shard) => !labelForm.test(shardLabel(opened.list, shard)))
  if (odd !== undefined) return bad(`${odd.origin} is no name that a log of a series has`)
  if (state === undefined) return { ok: true, list: opened.list, note }
  const earlier = await openShardList(state.list, listVkey)
  if (!earlier.ok) return bad(`the list that was kept is of another key: ${earlier.reason}`)
  const change = listChange(earlier.list, opened.list)
  if (change === undefined) return { ok: true, list: opened.list, note }
  const what = change.where === undefined ? change.reason : `${change.reason}: ${change.where}`
  const older = opened.list.version < earlier.list.version
  const kind = older && listChange(opened.list, earlier.list) === undefined ? 'rollback' : 'contradiction'
  return no({ kind, what, ours: state.list, theirs: note })
}

/** An alarm with its log: an intent that stayed without an outcome may stand in an earlier one. */
function placed(alarm: LeafAlarm | ClockAlarm | LossAlarm, list: ShardList, origin: string): SeriesAlarm {
  if (!('index' in alarm)) return { ...alarm, log: origin }
  const shard = list.shards.findLast(({ first }) => first <= alarm.index)!
  return { ...alarm, log: shard.origin, index: alarm.index - shard.first }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8Text(bytes)
  } catch {
    // Bytes of another encoding are no list; that is the answer.
    return undefined
  }
}
