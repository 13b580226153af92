import { base64, equalBytes, utf8, utf8Text } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { sha256 } from '../digest.ts'
import { keyLeafSchema, predecessorLeafSchema } from '../leaf.ts'
import { checkpointText, openCheckpoint, parseCheckpoint, parseCount } from './checkpoint.ts'
import { hashBytes } from './merkle.ts'
import { isKeyName, openNote, parseVkey, signNote, strictBase64 } from './note.ts'
import type { NoteSigner, Parsed } from './note.ts'

/*
 * A node's log is a series of logs (shards), one for each half-year: each with a name and keys of its own, each frozen
 * before the next begins. The signed list of them has the form of a checkpoint (c2sp.org/tlog-checkpoint), so that
 * whatever keeps the last checkpoint of a log keeps the last list as well: the name of the list, its version, SHA-256
 * of the lines that follow, and one line for each shard, oldest first:
 *
 *     <origin> <first position> <vkey>[,<vkey>] open
 *     <origin> <first position> <vkey>[,<vkey>] frozen|pruned|lost <size> <root> <time>
 */

/** `open` takes entries; `frozen` has ended; `pruned` has ended and its entries are deleted; `lost` ended by losing some. */
export type ShardState = 'open' | 'frozen' | 'pruned' | 'lost'

export interface ShardEnd {
  /** Of its last checkpoint: for a lost shard the last one that was signed, whose entries may be gone. */
  readonly size: number
  readonly root: Bytes
  /** When it ended, RFC 3339. */
  readonly at: string
}

/** One log of a series. */
export interface Shard {
  readonly origin: string
  /** The keys that sign it, Ed25519 first. */
  readonly vkeys: readonly string[]
  /** Position of its entry 0 in the series. */
  readonly first: number
  readonly state: ShardState
  /** Absent while it is open. */
  readonly end?: ShardEnd
}

export interface ShardList {
  /** `<name of the series>/shards`. */
  readonly origin: string
  /** Counts the lists from 1. */
  readonly version: number
  readonly shards: readonly Shard[]
}

export type ShardVerdict =
  | { readonly ok: true; readonly list: ShardList }
  | { readonly ok: false; readonly reason: string; readonly where?: string }

/** Two shards each year and a rotation each week stay far below. */
const shardsMax = 4096
const ended = new Set<string>(['frozen', 'pruned', 'lost'])

/** The name of a list; the series' own name is what stands before it. */
export const shardListSuffix = '/shards'

/** Writes and signs a list; the signer is named like the list. */
export async function signShardList(list: Omit<ShardList, 'origin'>, signer: NoteSigner): Promise<string> {
  const lines = list.shards.map((shard) => `${shardLine(shard)}\n`).join('')
  return signNote(`${checkpointText(signer.name, list.version, await sha256(utf8(lines)))}${lines}`, signer)
}

/** Reads a list and checks its signature, the digest of its lines and that its shards follow one another. */
export async function openShardList(note: string, vkey: string): Promise<Parsed<'list', ShardList>> {
  const key = await parseVkey(vkey)
  if (!key.ok) return key
  const opened = await openNote(note, [key.verifier])
  if (!opened.ok) return opened
  const head = parseCheckpoint(note)
  if (!head.ok) return head
  const { origin, size: version, root, extensions } = head.checkpoint
  if (origin !== key.verifier.name) return no('the key that signed is named otherwise than the list')
  if (!origin.endsWith(shardListSuffix)) return no('the name of a list of logs ends with /shards')
  if (extensions.length === 0) return no('the list names no log')
  if (extensions.length > shardsMax) return no(`a list names at most ${shardsMax} logs`)
  const digest = await sha256(utf8(extensions.map((line) => `${line}\n`).join('')))
  if (!equalBytes(digest, root)) return no('the digest in the list is not that of its lines')
  const shards: Shard[] = []
  for (const [at, line] of extensions.entries()) {
    const shard = parseShardLine(line)
    if (shard === undefined) return no(`line ${at + 4} of the list names no log`)
    shards.push(shard)
  }
  const disorder = disorderOf(origin.slice(0, -shardListSuffix.length), shards)
  return disorder === undefined ? { ok: true, list: { origin, version, shards } } : no(disorder)
}

/**
 * Checks a list, and that each shard begins by naming the one before it and that one's head. `openings` has the first
 * two entries of each shard by its origin, as read from the log itself; those of a pruned shard are gone and not asked
 * for. With `earlier`, a list seen before, nothing that had ended may read otherwise now.
 */
export async function verifyShardList(options: {
  readonly list: string
  readonly vkey: string
  readonly openings: ReadonlyMap<string, readonly Uint8Array[]>
  readonly earlier?: string
}): Promise<ShardVerdict> {
  const opened = await openShardList(options.list, options.vkey)
  if (!opened.ok) return opened
  const { list } = opened
  if (options.earlier !== undefined) {
    const earlier = await openShardList(options.earlier, options.vkey)
    if (!earlier.ok) return { ...earlier, where: 'earlier' }
    const change = listChange(earlier.list, list)
    if (change !== undefined) return change
  }
  for (const [at, shard] of list.shards.entries()) {
    if (shard.state === 'pruned') continue
    const problem = await openingProblem(shard, list.shards[at - 1], options.openings.get(shard.origin) ?? [])
    if (problem !== undefined) return { ok: false, reason: problem, where: shard.origin }
  }
  return { ok: true, list }
}

function shardLine({ origin, vkeys, first, state, end }: Shard): string {
  const line = `${origin} ${first} ${vkeys.join(',')} ${state}`
  return end === undefined ? line : `${line} ${end.size} ${base64(end.root)} ${end.at}`
}

function parseShardLine(line: string): Shard | undefined {
  const [origin = '', firstText = '', keys = '', state = '', ...rest] = line.split(' ')
  const first = parseCount(firstText)
  const vkeys = keys.split(',')
  if (!isKeyName(origin) || first === undefined || !vkeys.every((key) => key.startsWith(`${origin}+`)))
    return undefined
  if (state === 'open') return rest.length === 0 ? { origin, vkeys, first, state } : undefined
  if (!isEnded(state)) return undefined
  const [sizeText = '', rootText = '', at = ''] = rest
  const size = parseCount(sizeText)
  const root = strictBase64(rootText)
  if (rest.length !== 3 || size === undefined || root?.length !== hashBytes || !isTime(at)) return undefined
  return { origin, vkeys, first, state, end: { size, root, at } }
}

function isEnded(state: string): state is Exclude<ShardState, 'open'> {
  return ended.has(state)
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) && !Number.isNaN(Date.parse(text))
}

function disorderOf(series: string, shards: readonly Shard[]): string | undefined {
  const origins = new Set<string>()
  let next = 0
  for (const [at, { origin, first, end, state }] of shards.entries()) {
    if (!origin.startsWith(`${series}/`) || origin === `${series}${shardListSuffix}`)
      return `${origin} is no log of ${series}`
    if (origins.has(origin)) return `the list names ${origin} twice`
    origins.add(origin)
    // What a lost shard held beyond its last checkpoint keeps its positions, so the next may begin later.
    const afterLoss = shards[at - 1]?.state === 'lost' && first > next
    if (first !== next && !afterLoss) return `${origin} begins at position ${first} and not at ${next}`
    if ((state === 'open') !== (at === shards.length - 1)) return `only the last log of the list is open`
    next = first + (end?.size ?? 0)
    if (!Number.isSafeInteger(next)) return `the positions of ${origin} are above 2^53`
  }
  return undefined
}

/**
 * How a list contradicts one that was seen before, if it does: nothing that ended may change, but for its entries being
 * deleted, and two lists of one version say the same.
 */
export function listChange(
  earlier: ShardList,
  later: ShardList,
): Extract<ShardVerdict, { ok: false }> | undefined {
  const change = changeOf(earlier, later)
  if (change !== undefined || later.version > earlier.version) return change
  const back = changeOf(later, earlier)
  return back === undefined ? undefined : { ...back, reason: `two lists have the version ${later.version}` }
}

function changeOf(earlier: ShardList, later: ShardList): Extract<ShardVerdict, { ok: false }> | undefined {
  if (later.version < earlier.version)
    return no(`the list has version ${later.version}, but version ${earlier.version} was seen`)
  if (later.shards.length < earlier.shards.length) return no('the list names fewer logs than before')
  for (const [at, before] of earlier.shards.entries()) {
    const after = later.shards[at]!
    const sameLog =
      after.origin === before.origin &&
      after.first === before.first &&
      after.vkeys.join() === before.vkeys.join()
    const sameEnd =
      before.end === undefined || (after.end !== undefined && endText(after.end) === endText(before.end))
    const sameState =
      before.state === after.state ||
      before.state === 'open' ||
      (before.state === 'frozen' && after.state === 'pruned')
    if (!sameLog || !sameEnd || !sameState)
      return { ok: false, reason: 'the list says of a log what it did not say before', where: before.origin }
  }
  return undefined
}

function endText({ size, root, at }: ShardEnd): string {
  return `${size} ${base64(root)} ${at}`
}

/** What is wrong with the first two entries of a shard: its own keys, then the head of the one before it. */
export async function openingProblem(
  shard: Shard,
  before: Shard | undefined,
  entries: readonly Uint8Array[],
): Promise<string | undefined> {
  const key = keyLeafSchema.safeParse(json(entries[0]))
  if (!key.success) return 'entry 0 does not name the log'
  const { origin, vkey, predecessor } = key.data
  if (origin !== shard.origin || vkey !== shard.vkeys[0]) return 'entry 0 names another log or another key'
  if (before === undefined)
    return predecessor === undefined ? undefined : 'the first log of the list names one before it'
  if (predecessor?.origin !== before.origin || predecessor.vkey !== before.vkeys[0])
    return `entry 0 does not name ${before.origin} as the log before it`
  const head = predecessorLeafSchema.safeParse(json(entries[1]))
  if (!head.success) return `entry 1 does not hold the head of ${before.origin}`
  if ((head.data.lost !== undefined) !== (before.state === 'lost'))
    return 'entry 1 and the list do not agree on whether entries were lost'
  return await headProblem(before, head.data.checkpoint)
}

async function headProblem(before: Shard, checkpoint: string): Promise<string | undefined> {
  const key = await parseVkey(before.vkeys[0]!)
  if (!key.ok) return `the key of ${before.origin} cannot be read: ${key.reason}`
  const opened = await openCheckpoint(checkpoint, key.verifier)
  if (!opened.ok) return `the checkpoint in entry 1 is not one of ${before.origin}: ${opened.reason}`
  const { size, root } = opened.checkpoint
  return size === before.end?.size && equalBytes(root, before.end.root)
    ? undefined
    : `entry 1 names another head of ${before.origin} than the list`
}

function json(entry: Uint8Array | undefined): unknown {
  try {
    return entry === undefined ? undefined : JSON.parse(utf8Text(entry))
  } catch {
    return undefined
  }
}

function no(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
