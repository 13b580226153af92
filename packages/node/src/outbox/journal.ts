import type { Leaf } from '@ambit/core/leaf'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { foldLeaves, readerOf } from './fold.ts'
import type { ApprovalFact, FoldFacts } from './fold.ts'
import { Gather, leafOf } from './gather.ts'
import type { JournalPart } from './gather.ts'
import type { JournalBatch, JournalReader, JournalWriter, ReadCount } from './journal-store.ts'

/** How often the log is looked at: nobody waits for it, and whoever reads the feed has it read first. */
const everyMs = 1000
/** Entries that are read from the log in one step. */
const entriesMax = 400
/** Between two steps acts have the process for themselves: under load the journal follows a little behind. */
const pauseMs = 5
/** How long a reader waits for the journal to be current. */
const currentMsMax = 2000

/** Bus subject: the feed of a person has something new {organization, person}. */
const feedSubject = 'feed.new'

/** Follows the activity log, so that every act in a person's name can be told and undone. */
export interface Journal {
  /** Reads what the log says by now; false when there was more than a reader wants to wait for. */
  current(): Promise<boolean>
  close(): Promise<void>
}

export interface JournalParts {
  /** The activity log; `name` is that of its series. */
  readonly ledger: Pick<Ledger, 'size' | 'entries' | 'settle' | 'follow'> & { readonly name: string }
  readonly store: JournalReader & JournalWriter
  readonly target: FoldFacts['target']
  readonly approval: (id: string) => Promise<ApprovalFact | undefined>
  readonly keepMs: number | undefined
  /** Brings what waits on its way to the log into it. */
  readonly settle: () => Promise<void>
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
}

/**
 * The cursor moves in the transaction that keeps what was read, so nothing is lost or told twice, whatever ends between
 * the two. Deleting the tables builds them anew from the log, but for what was only asked and is not kept any more.
 * What this process writes is taken as it is written; the log is read for what was written before, or by others.
 */
export function createJournal(parts: JournalParts): Journal {
  const { ledger, store, clock, log } = parts
  const turns = createTurns()
  let position: number | undefined
  let closed = false
  let looking: Promise<void> = Promise.resolve()
  let endPause = (): void => undefined
  let cancel = clock.after(everyMs, look)
  const gather = new Gather((leaf) => readerOf(leaf, parts.target), ledger.size)
  const follows = ledger.follow((at, bytes, start, end) => gather.take(at, bytes, start, end))

  /** True when the log has more. */
  async function step(): Promise<boolean> {
    const from = position ?? (await store.position(ledger.name))
    const inMemory = follows ? gather.next(from) : undefined
    const part = inMemory ?? (await readPart(ledger, from, follows ? gather.from : ledger.size))
    if (part.to === from) {
      position = from
      return false
    }
    position = undefined
    const kept = await keep(parts, part)
    // Another replica was here first: it is read anew from where that one is.
    if (kept) position = part.to
    return true
  }

  /** False when it was told to stop before everything was read. */
  async function steps(goOn: () => boolean, pause: () => Promise<void>): Promise<boolean> {
    while (goOn()) {
      if (!(await turns.take('journal', step))) return true
      await pause()
    }
    return false
  }

  async function breathe(): Promise<void> {
    await new Promise<void>((resolve) => {
      endPause = resolve
      clock.after(pauseMs, resolve)
    })
  }

  function look(): void {
    if (position === ledger.size) {
      cancel = clock.after(everyMs, look)
      return
    }
    // What comes while it looks is for the next time.
    const end = ledger.size
    looking = steps(() => !closed && (position ?? 0) < end, breathe)
      .then(() => undefined)
      .catch((error: unknown) => log.warn('journal.not-read', { error: String(error) }))
      .finally(() => {
        if (!closed) cancel = clock.after(everyMs, look)
      })
  }

  return {
    async current() {
      await parts.settle()
      await ledger.settle()
      const end = clock.monotonicMs() + currentMsMax
      return await steps(
        () => clock.monotonicMs() < end,
        async () => undefined,
      )
    },
    async close() {
      closed = true
      cancel()
      endPause()
      await looking
    },
  }
}

async function readPart(ledger: JournalParts['ledger'], from: number, end: number): Promise<JournalPart> {
  const part: JournalPart = { from, to: from, leaves: [], reads: [] }
  if (from >= end) return part
  for await (const { index, entry } of ledger.entries(from)) {
    if (index >= end) {
      // Entries between are missing: a log may have been pruned.
      part.to = end
      break
    }
    part.to = index + 1
    const leaf = leafOf(entry)
    if (leaf !== undefined) part.leaves.push(leaf)
    if (part.to - from >= entriesMax) break
  }
  return part
}

async function keep(parts: JournalParts, { from, to, leaves, reads }: JournalPart): Promise<boolean> {
  const approvals = await loadApprovals(parts, leaves)
  const facts: FoldFacts = { target: parts.target, approvals, keepMs: parts.keepMs }
  let batch: JournalBatch | undefined
  const kept = await parts.store.advance(
    { log: parts.ledger.name, from, to },
    earlierActs(leaves),
    (known) => {
      const folded = foldLeaves(leaves, known, facts)
      batch = { ...folded, reads: sums([...folded.reads, ...reads]) }
      return batch
    },
  )
  if (kept && batch !== undefined) announce(parts.bus, batch)
  return kept
}

/** Acts of which there may be a row: not those whose first leaf here is an intent that nobody was asked about. */
function earlierActs(leaves: readonly Leaf[]): string[] {
  const isEarlier = new Map<string, boolean>()
  for (const leaf of leaves) {
    if (!('act' in leaf) || isEarlier.has(leaf.act)) continue
    isEarlier.set(leaf.act, leaf.kind !== 'act.intent' || leaf.approval !== undefined)
  }
  return [...isEarlier].filter(([, earlier]) => earlier).map(([act]) => act)
}

function sums(reads: readonly ReadCount[]): ReadCount[] {
  const byDay = new Map<string, ReadCount>()
  for (const read of reads) {
    const key = `${read.organization} ${read.person} ${read.day}`
    const acts = (byDay.get(key)?.acts ?? 0) + read.acts
    byDay.set(key, { ...read, acts })
  }
  return [...byDay.values()]
}

async function loadApprovals(
  { approval }: JournalParts,
  leaves: readonly Leaf[],
): Promise<ReadonlyMap<string, ApprovalFact>> {
  const found = new Map<string, ApprovalFact>()
  for (const leaf of leaves) {
    const id = 'approval' in leaf ? leaf.approval : undefined
    if (id === undefined || found.has(id)) continue
    const fact = await approval(id)
    if (fact !== undefined) found.set(id, fact)
  }
  return found
}

function announce(bus: Bus, { rows }: JournalBatch): void {
  const told = new Set<string>()
  for (const { organization, person } of rows) {
    const key = `${organization} ${person}`
    if (told.has(key)) continue
    told.add(key)
    bus.publish(feedSubject, { organization, person })
  }
}
