import type { Clock } from '../kernel/clock.ts'
import type { Target } from '../registry/target.ts'
import type { JournalRow } from './journal-row.ts'
import type { DayCount, FeedQuery, JournalReader, ReadCount } from './journal-store.ts'
import { quotable, sentenceOf } from './sentence.ts'
import type { Sentence } from './sentence.ts'
import { undoOptionOf } from './undo-option.ts'
import type { UndoOption } from './undo-option.ts'

/** One act as its person reads of it. Every name is made visible; none is a sentence of a third party's. */
export interface FeedEntry {
  readonly row: JournalRow
  readonly sentence: Sentence
  readonly agent: { readonly id: string; readonly title?: string }
  readonly tool: { readonly slug: string; readonly title: string; readonly capability: string }
  readonly undo: UndoOption
  /** Came after the reader last looked. */
  readonly isNew: boolean
}

export interface FeedParts {
  readonly store: JournalReader
  readonly target: (digest: string) => Target | undefined
  /** A record by AIC. */
  readonly record: (id: string) => Target | undefined
  /** What the mandate of an act is for; undefined once it is over. */
  readonly purpose: (links: readonly string[]) => string | undefined
  readonly personName: (id: string) => Promise<string | undefined>
  readonly clock: Clock
}

/** Newest first. */
export async function readFeed(parts: FeedParts, query: FeedQuery): Promise<readonly FeedEntry[]> {
  const rows = await parts.store.list(query)
  const seen = await parts.store.seen(query.organization, query.person)
  const names = new Map<string, string | undefined>()
  const entries: FeedEntry[] = []
  for (const row of rows) {
    const by = row.decided_by === null || row.decided_by === query.person ? undefined : row.decided_by
    if (by !== undefined && !names.has(by)) names.set(by, await parts.personName(by))
    const decider = by === undefined ? undefined : (names.get(by) ?? by)
    entries.push(entryOf(parts, row, decider, seen === undefined || row.act > seen))
  }
  return entries
}

function entryOf(parts: FeedParts, row: JournalRow, by: string | undefined, isNew: boolean): FeedEntry {
  const target = parts.target(row.target)
  const title = parts.record(row.agent)?.title
  const tool = {
    slug: row.slug,
    title: quotable(target?.title ?? row.slug),
    capability: quotable(titleOf(target, row.capability)),
  }
  const undo = undoOptionOf(row, parts.clock.now())
  const purpose = title === undefined ? parts.purpose(JSON.parse(row.links) as string[]) : undefined
  const names = { agent: title, purpose, tool: tool.capability, target: tool.title, by }
  return {
    row,
    sentence: sentenceOf(row, names, undo),
    agent: { id: row.agent, ...(title === undefined ? {} : { title: quotable(title) }) },
    tool,
    undo,
    isNew,
  }
}

function titleOf(target: Target | undefined, capability: string): string {
  const { title } = target?.capabilities.get(capability)?.served ?? {}
  return typeof title === 'string' ? title : capability
}

/** What happened on one day (UTC), in numbers. */
export interface DayDigest {
  /** `2026-11-21` */
  readonly day: string
  readonly done: number
  readonly undone: number
  readonly failed: number
  readonly refused: number
  readonly declined: number
  readonly waiting: number
  readonly reads: number
}

const dayMs = 86_400_000

/** The last days, the newest first, each of them whether or not something happened. */
export function digestOf(
  counts: readonly DayCount[],
  reads: readonly ReadCount[],
  now: number,
  days: number,
): readonly DayDigest[] {
  const today = Math.floor(now / dayMs)
  return Array.from({ length: days }, (_, back) => {
    const day = today - back
    const of = counts.filter((count) => count.day === day)
    const sum = (states: readonly JournalRow['state'][]) =>
      of.filter(({ state }) => states.includes(state)).reduce((total, { acts }) => total + acts, 0)
    return {
      day: new Date(day * dayMs).toISOString().slice(0, 10),
      // What was let through to another's data plane counts as done: nobody here knows better.
      done: sum(['done', 'not-observed']),
      undone: of.filter(({ undone }) => undone === 1).reduce((total, { acts }) => total + acts, 0),
      failed: sum(['failed', 'cancelled', 'unknown']),
      refused: sum(['refused']),
      declined: sum(['denied', 'expired', 'void']),
      waiting: sum(['asked', 'held', 'open']),
      reads: reads.find((count) => count.day === day)?.acts ?? 0,
    }
  })
}
