import { base64 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { look } from './follow.ts'
import type { ClockAlarm, FollowOptions, FollowOutcome, Look } from './follow.ts'
import type { FollowedLog, SeriesState } from './follow-state.ts'
import { LeafRules } from './leaf-rules.ts'
import type { LeafAlarm } from './leaf-rules.ts'
import { parseVkey } from './note.ts'
import type { NoteVerifier } from './note.ts'
import { openingProblem, shardListSuffix } from './shards.ts'
import type { Shard, ShardList } from './shards.ts'
import type { LogSource } from './source.ts'
import { trustKey } from './trust.ts'
import type { Trust } from './trust.ts'

/** Two notes that the node signed and that cannot both be true: lists, or a list and a checkpoint. */
export interface Contradiction {
  readonly kind: 'contradiction'
  readonly what: string
  readonly ours: string
  readonly theirs: string
}

export type ShardOutcome =
  | FollowOutcome
  | Contradiction
  /** The list says that entries of this log were lost, and they are not there. */
  | { readonly kind: 'lost'; readonly what: string }

export interface LossAlarm {
  readonly code: 'log-lost'
  readonly what: string
}

export interface ShardOptions extends Omit<FollowOptions, 'source' | 'trust' | 'state' | 'first'> {
  /** The files of one log, by the last part of its name (`2026h2`). */
  readonly sourceOf: (label: string) => LogSource
  /** Whom to believe about a log whose key the list names. Left out: the key alone. */
  readonly trustOf?: (log: NoteVerifier) => Trust
  /** Looks at one log in another way than `look`: the copy of a mirror stands in for what was read before. */
  readonly lookAt?: (label: string, options: FollowOptions) => Promise<Look>
  /** A log held in every respect: its own files, its beginning, and what the list says of its end. */
  readonly onHeld?: (label: string, state: FollowedLog) => Promise<void>
}

/** The last part of a log's name, which is its place below the address of the series. */
export function shardLabel(list: ShardList, { origin }: Shard): string {
  return origin.slice(list.origin.length - shardListSuffix.length + 1)
}

export interface Visit {
  readonly outcome: ShardOutcome
  readonly alarms: readonly (LeafAlarm | ClockAlarm | LossAlarm)[]
  readonly state: SeriesState
  readonly held: boolean
}

const good = new Set<string>(['grown', 'same', 'silent'])

/** One look at one log of a list. */
export class ShardVisit {
  #options: ShardOptions
  #list: ShardList
  #note: string
  #shard: Shard
  #before: Shard | undefined
  /** Its first two entries, once they were held against its root. */
  #opening: readonly Bytes[] = []

  constructor(options: ShardOptions, list: ShardList, note: string, at: number) {
    this.#options = options
    this.#list = list
    this.#note = note
    this.#shard = list.shards[at]!
    this.#before = list.shards[at - 1]
  }

  async look(state: SeriesState): Promise<Visit> {
    const { origin, vkeys, state: kind } = this.#shard
    const stay = (outcome: ShardOutcome): Visit => ({ outcome, alarms: [], state, held: false })
    const key = await parseVkey(vkeys[0]!)
    if (!key.ok) {
      return stay({ kind: 'bad-signature', what: `its key: ${key.reason}`, checkpoint: this.#note })
    }
    const known = state.logs[origin]
    const seen = await this.#lookAt(key.verifier, known, state)
    if (kind === 'lost' && (seen.outcome.kind === 'missing' || seen.outcome.kind === 'damaged')) {
      const head = known?.head
      if (!this.#goesBeyondEnd(head)) return this.#lost(state, known)
      const what = `the list says that ${origin} ended before a checkpoint that it signed`
      return stay({ kind: 'contradiction', what, ours: this.#note, theirs: head!.checkpoint })
    }
    // A part of a long log is kept like the whole of it.
    if (!good.has(seen.outcome.kind) && seen.outcome.kind !== 'reading') return stay(seen.outcome)
    const { leaves, ...followed } = seen.state
    const done = seen.outcome.kind !== 'reading'
    const opened = known?.opened === true || this.#isOpened()
    const what = (await this.#beginning(known)) ?? (done ? this.#end(followed) : undefined)
    if (what !== undefined) {
      const theirs = followed.head?.checkpoint ?? ''
      return stay({ kind: 'contradiction', what, ours: this.#note, theirs })
    }
    const log = { ...followed, opened, ended: done && kind !== 'open' }
    const logs = { ...state.logs, [origin]: log }
    if (done) await this.#options.onHeld?.(shardLabel(this.#list, this.#shard), log)
    return {
      outcome: seen.outcome,
      alarms: [...seen.alarms, ...(log.ended ? this.#loss() : [])],
      state: { ...state, logs, leaves: log.ended ? this.#afterwards(leaves) : leaves },
      held: done,
    }
  }

  async #lookAt(key: NoteVerifier, known: FollowedLog | undefined, state: SeriesState): Promise<Look> {
    const { sourceOf, trustOf = trustKey, lookAt, intentMsMax, silentMsMax, ...general } = this.#options
    const label = shardLabel(this.#list, this.#shard)
    const { first, state: kind } = this.#shard
    const open = kind === 'open'
    const fresh = { v: 1 as const, freshAt: general.now, lookedAt: 0 }
    const { opened: _opened, ended: _ended, ...followed } = known ?? { ...fresh, opened: false, ended: false }
    const options: FollowOptions = {
      ...general,
      source: sourceOf(label),
      trust: trustOf(key),
      first,
      hashesOnly: this.#hashesOnly,
      state: { ...followed, leaves: state.leaves },
      ...(open && silentMsMax !== undefined ? { silentMsMax } : {}),
      // What an act began in a log that ended may end in the next one.
      ...(intentMsMax === undefined ? {} : { intentMsMax: open ? intentMsMax : Infinity }),
      onTile: async (tile, parts) => {
        if (tile.level === 'entries' && tile.index === 0) this.#opening = parts.slice(0, 2)
        await this.#options.onTile?.(tile, parts)
      },
    }
    return await (lookAt === undefined ? look(options) : lookAt(label, options))
  }

  get #hashesOnly(): boolean {
    return this.#options.hashesOnly === true || this.#shard.state === 'pruned'
  }

  #isOpened(): boolean {
    return this.#hashesOnly || this.#opening.length > (this.#before === undefined ? 0 : 1)
  }

  /** What is wrong with the first entries, once they are there; a log that is being begun may not have them yet. */
  async #beginning(known: FollowedLog | undefined): Promise<string | undefined> {
    if (known?.opened === true || this.#hashesOnly) return undefined
    if (!this.#isOpened() && this.#shard.state === 'open') return undefined
    return await openingProblem(this.#shard, this.#before, this.#opening)
  }

  #end({ head }: Omit<FollowedLog, 'opened' | 'ended'>): string | undefined {
    const { end, origin } = this.#shard
    if (end === undefined || (head?.size === end.size && head.root === base64(end.root))) return undefined
    return `the list says that ${origin} ended with ${end.size} entries, but its checkpoint is another one of ${head?.size}`
  }

  /** The list ends a lost log with the last checkpoint that was signed, so none that was seen can be beyond it. */
  #goesBeyondEnd(head: FollowedLog['head']): boolean {
    const { size, root } = this.#shard.end!
    return head !== undefined && (head.size > size || (head.size === size && head.root !== base64(root)))
  }

  #lost(state: SeriesState, known: FollowedLog | undefined): Visit {
    const { origin, end } = this.#shard
    const { now } = this.#options
    const log = { v: 1 as const, freshAt: now, lookedAt: now, ...known, opened: true, ended: true }
    return {
      outcome: { kind: 'lost', what: `the list says that ${origin} lost entries after ${end!.at}` },
      alarms: this.#loss(),
      state: {
        ...state,
        logs: { ...state.logs, [origin]: log },
        leaves: this.#unread(state.leaves),
      },
      held: true,
    }
  }

  #loss(): LossAlarm[] {
    if (this.#shard.state !== 'lost') return []
    return [{ code: 'log-lost', what: `the log ended by losing entries, as the list says` }]
  }

  #afterwards(leaves: SeriesState['leaves']): SeriesState['leaves'] {
    return this.#hashesOnly || this.#shard.state === 'lost' ? this.#unread(leaves) : leaves
  }

  #unread(leaves: SeriesState['leaves']): SeriesState['leaves'] {
    const rules = new LeafRules(leaves)
    rules.unread(Date.parse(this.#shard.end!.at))
    return rules.state()
  }
}
