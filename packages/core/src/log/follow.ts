import { base64, base64Bytes } from '../bytes.ts'
import { Fault } from '../fault.ts'
import { auditTree } from './audit.ts'
import type { AuditOptions } from './audit.ts'
import type { Checkpoint } from './checkpoint.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import type { FollowedHead, FollowState } from './follow-state.ts'
import { LeafRules, noLeaves } from './leaf-rules.ts'
import type { LeafAlarm } from './leaf-rules.ts'
import { checkpointPath } from './source.ts'
import { tileWidth } from './tile.ts'
import type { TreeHead } from './tile-prover.ts'
import type { Trust, Trusted } from './trust.ts'

/** Clocks of witnesses may differ by this; more means that one of them cannot be believed about time. */
const witnessClockMsMax = 5 * 60_000
/**
 * A node ends its log at 2^28 entries, a moment after the last of them. One that claims many more can keep its readers
 * busy for ever, since tiles that repeat cost it nothing.
 */
export const entriesMaxDefault = 2 ** 28 + 2 ** 24

/** Two checkpoints that the log signed and that cannot both be true. */
interface Evidence {
  readonly ours: string
  readonly theirs: string
}

export type FollowOutcome =
  | { readonly kind: 'grown'; readonly from: number; readonly size: number }
  | { readonly kind: 'same'; readonly size: number }
  /** The part of the growth that one look may read is read, and all is well so far; the next look goes on at `to`. */
  | { readonly kind: 'reading'; readonly from: number; readonly to: number; readonly size: number }
  /** Smaller than before. A cache that is out of date shows the same, so it is worth asking again. */
  | ({ readonly kind: 'rollback'; readonly what: string } & Evidence)
  /** Two histories: another root for one size, or a tree that does not continue the one before. */
  | ({ readonly kind: 'fork'; readonly what: string } & Evidence)
  | {
      readonly kind: 'missing' | 'damaged'
      readonly findings: readonly Finding[]
      readonly checkpoint?: string
    }
  | { readonly kind: 'bad-signature' | 'unwitnessed'; readonly what: string; readonly checkpoint: string }
  | { readonly kind: 'silent'; readonly size: number; readonly silentMs: number }
  /** The log claims more entries than its reader is willing to read; none was read. */
  | { readonly kind: 'too-large'; readonly what: string }
  | { readonly kind: 'unreachable'; readonly what: string }

/** A witness whose clock is far from ours. */
export interface ClockAlarm {
  readonly code: 'witness-clock'
  readonly witness: string
  readonly what: string
}

export interface Look {
  readonly outcome: FollowOutcome
  readonly alarms: readonly (LeafAlarm | ClockAlarm)[]
  /** For the next look. Moves on only when everything held. */
  readonly state: FollowState
}

export interface FollowOptions extends Pick<
  AuditOptions,
  'source' | 'hashing' | 'hashesOnly' | 'signal' | 'onTile' | 'onProgress'
> {
  readonly trust: Trust
  /** From the look before; left out at the first, which reads the whole log. */
  readonly state?: FollowState
  /** Milliseconds since 1970. */
  readonly now: number
  /** A log that says nothing new for longer than this is silent. */
  readonly silentMsMax?: number
  /** Reads the entries as leaves of a node: an intent may be without outcome for this long. Left out: not read. */
  readonly intentMsMax?: number
  /** Position of entry 0, for a log that continues another; alarms name positions. Left out: 0. */
  readonly first?: number
  /** A log of more entries than this is not read. Left out: `entriesMaxDefault`. */
  readonly entriesMax?: number
  /** Entries that one look reads at most; the next look goes on. A multiple of 256. Left out: all. */
  readonly lookEntriesMax?: number
}

/**
 * One look at a log that is being followed: the signatures of its checkpoint, that it continues the one before, and
 * every new tile and entry. Whatever the log answers is an outcome and never an exception.
 *
 * @example
 * ```ts
 * const { outcome, state } = await look({ source, trust: trustKey(log), now: Date.now() })
 * ```
 */
export async function look(options: FollowOptions): Promise<Look> {
  const state = options.state ?? { v: 1, freshAt: options.now, lookedAt: 0, leaves: noLeaves }
  const stay = (outcome: FollowOutcome): Look => ({ outcome, alarms: [], state })
  try {
    const bytes = await options.source.read(checkpointPath)
    if (bytes === undefined) {
      return stay({
        kind: 'missing',
        findings: [finding('missing', checkpointPath, 'the log serves no checkpoint')],
      })
    }
    const trusted = await options.trust(bytes)
    if (!trusted.ok) return stay(distrusted(trusted))
    const { entriesMax = entriesMaxDefault } = options
    const odd = contradiction(state.head, trusted) ?? tooLarge(trusted.checkpoint.size, entriesMax)
    if (odd !== undefined) return stay(odd)
    return await advance(options, state, trusted)
  } catch (error) {
    if (!Fault.is(error, 'ledger.unreachable')) throw error
    return stay({ kind: 'unreachable', what: error.detail })
  }
}

function tooLarge(size: number, entriesMax: number): FollowOutcome | undefined {
  if (size <= entriesMax) return undefined
  const what = `the log claims ${size} entries, and more than ${entriesMax} are not read`
  return { kind: 'too-large', what }
}

type Believed = Extract<Trusted, { ok: true }>

function distrusted({ problem, reason, text }: Extract<Trusted, { ok: false }>): FollowOutcome {
  return { kind: problem === 'quorum' ? 'unwitnessed' : 'bad-signature', what: reason, checkpoint: text }
}

/** What the two checkpoints alone already tell, before any tile is read. */
function contradiction(
  head: FollowedHead | undefined,
  { checkpoint, text }: Believed,
): FollowOutcome | undefined {
  if (head === undefined) return undefined
  const evidence = { ours: head.checkpoint, theirs: text }
  const { origin, size, root } = checkpoint
  if (origin !== head.origin) {
    return {
      kind: 'bad-signature',
      what: 'the checkpoint is of another log than the one followed',
      checkpoint: text,
    }
  }
  if (size < head.size) {
    const what = `the log has ${size} entries now and signed ${head.size} before`
    return { kind: 'rollback', what, ...evidence }
  }
  if (size === head.size && base64(root) !== head.root) {
    return { kind: 'fork', what: `the log signed two roots for its size ${size}`, ...evidence }
  }
  return undefined
}

async function advance(options: FollowOptions, state: FollowState, trusted: Believed): Promise<Look> {
  const { checkpoint, text } = trusted
  const { first = 0, lookEntriesMax = Infinity } = options
  const from = state.head?.readTo ?? state.head?.size ?? 0
  const to = Math.min(checkpoint.size, from - (from % tileWidth) + lookEntriesMax)
  const rules = new LeafRules(state.leaves)
  // At the same size there is nothing to read that was not read before.
  if (state.head === undefined || checkpoint.size > from) {
    const report = await auditTree({
      ...options,
      head: checkpoint,
      ...(state.head === undefined ? {} : { from: treeHead(state.head), readFrom: from }),
      readTo: to,
      async onTile(tile, parts) {
        if (tile.level === 'entries' && options.intentMsMax !== undefined) {
          const index = tile.index * tileWidth
          for (const [at, entry] of parts.entries())
            if (index + at >= from) rules.read(first + index + at, entry)
        }
        await options.onTile?.(tile, parts)
      },
    })
    if (!report.ok) return { outcome: broken(report.findings, state.head, text), alarms: [], state }
  }
  if (options.intentMsMax !== undefined && to === checkpoint.size)
    rules.overdue(options.now, options.intentMsMax)
  const freshAt = text === state.head?.checkpoint ? state.freshAt : options.now
  return {
    outcome: progress(options, state, { from, to, size: checkpoint.size }, freshAt),
    alarms: [
      ...rules.alarms,
      ...clockAlarms(trusted, freshAt === options.now ? state.lookedAt : 0, options.now),
    ],
    state: {
      v: 1,
      head: headOf(checkpoint, text, to),
      freshAt,
      lookedAt: options.now,
      leaves: rules.state(),
    },
  }
}

function progress(
  { now, silentMsMax }: FollowOptions,
  { head }: FollowState,
  { from, to, size }: { readonly from: number; readonly to: number; readonly size: number },
  freshAt: number,
): FollowOutcome {
  if (to < size) return { kind: 'reading', from, to, size }
  if (head === undefined || size > from) return { kind: 'grown', from, size }
  const silentMs = now - freshAt
  if (silentMsMax !== undefined && silentMs > silentMsMax) return { kind: 'silent', size, silentMs }
  return { kind: 'same', size }
}

function broken(
  findings: readonly Finding[],
  head: FollowedHead | undefined,
  checkpoint: string,
): FollowOutcome {
  const split = findings.find(({ kind }) => kind === 'inconsistent')
  if (split !== undefined && head !== undefined) {
    return { kind: 'fork', what: split.what, ours: head.checkpoint, theirs: checkpoint }
  }
  const onlyMissing = findings.every(({ kind }) => kind === 'missing')
  return { kind: onlyMissing ? 'missing' : 'damaged', findings, checkpoint }
}

/**
 * A checkpoint that was not there at the last look has been cosigned since. One that stood there before may be as old as
 * it likes, but none can be from the future.
 */
function clockAlarms({ witnesses }: Believed, lookedAt: number, now: number): ClockAlarm[] {
  return witnesses.flatMap(({ name, time }) => {
    const at = time * 1000
    const ahead = at - now
    const behind = lookedAt - at
    if (Math.max(ahead, behind) <= witnessClockMsMax) return []
    const seconds = Math.round(Math.max(ahead, behind) / 1000)
    const side = ahead > 0 ? 'ahead of' : 'behind'
    const what = `the clock of ${name} is at least ${seconds} s ${side} this one`
    return [{ code: 'witness-clock', witness: name, what }]
  })
}

function headOf({ origin, size, root }: Checkpoint, checkpoint: string, to: number): FollowedHead {
  return { origin, size, root: base64(root), checkpoint, ...(to < size ? { readTo: to } : {}) }
}

function treeHead({ size, root }: FollowedHead): TreeHead {
  return { size, root: base64Bytes(root) }
}
