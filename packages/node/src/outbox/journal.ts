import { utf8Text } from '@ambit/core/bytes'
import type { Leaf } from '@ambit/core/leaf'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { foldLeaves } from './fold.ts'
import type { ApprovalFact, FoldFacts } from './fold.ts'
import type { JournalBatch, JournalReader, JournalWriter } from './journal-store.ts'

/** How often the log is looked at: nobody waits for it, and whoever reads the feed has it read first. */
const everyMs = 1000
/** Leaves of one transaction: a step short enough that acts under way do not feel it. */
const leavesMax = 400
/** Steps of one look: under load the journal follows behind instead of taking the time of acts. */
const stepsMax = 8
/** So far behind, it takes more of the time of acts, or it would never be current again. */
const farBehind = 20_000
const stepsMaxFarBehind = 40
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
  readonly ledger: Pick<Ledger, 'size' | 'entries' | 'settle'> & { readonly name: string }
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
 */
export function createJournal(parts: JournalParts): Journal {
  const { ledger, store, clock, log } = parts
  const turns = createTurns()
  let position: number | undefined
  let closed = false
  let looking: Promise<void> = Promise.resolve()
  let cancel = clock.after(everyMs, look)

  /** True when the log has more. */
  async function step(): Promise<boolean> {
    const from = position ?? (await store.position(ledger.name))
    const { leaves, next } = await readLeaves(ledger, from)
    if (next === from) {
      position = from
      return false
    }
    const kept = await keep(parts, leaves, { log: ledger.name, from, to: next })
    // Another replica was here first: it is read anew from where that one is.
    position = kept ? next : undefined
    return true
  }

  async function steps(goOn: (done: number) => boolean): Promise<boolean> {
    return await turns.take('journal', async () => {
      for (let done = 0; goOn(done); done++) if (!(await step())) return true
      return false
    })
  }

  function look(): void {
    if (position === ledger.size) {
      cancel = clock.after(everyMs, look)
      return
    }
    const most = ledger.size - (position ?? 0) > farBehind ? stepsMaxFarBehind : stepsMax
    looking = steps((done) => done < most && !closed)
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
      return await steps(() => clock.monotonicMs() < end)
    },
    async close() {
      closed = true
      cancel()
      await looking
    },
  }
}

async function readLeaves(
  ledger: JournalParts['ledger'],
  from: number,
): Promise<{ leaves: readonly Leaf[]; next: number }> {
  const leaves: Leaf[] = []
  let next = from
  if (from >= ledger.size) return { leaves, next }
  for await (const { index, entry } of ledger.entries(from)) {
    next = index + 1
    const leaf = actLeaf(entry)
    if (leaf !== undefined) leaves.push(leaf)
    if (next - from >= leavesMax) break
  }
  return { leaves, next }
}

const kinds: ReadonlySet<unknown> = new Set(['act.intent', 'act.outcome', 'act.refused', 'approval'])

/** Written by this node in a form that was checked when it was written; another kind of entry is none of ours. */
function actLeaf(entry: Uint8Array): Leaf | undefined {
  try {
    const leaf = JSON.parse(utf8Text(entry)) as Leaf
    return kinds.has(leaf.kind) ? leaf : undefined
  } catch {
    // Neither UTF-8 nor JSON: a log may hold anything.
    return undefined
  }
}

async function keep(
  parts: JournalParts,
  leaves: readonly Leaf[],
  span: { readonly log: string; readonly from: number; readonly to: number },
): Promise<boolean> {
  const approvals = await loadApprovals(parts, leaves)
  const facts: FoldFacts = { target: parts.target, approvals, keepMs: parts.keepMs }
  const acts = [...new Set(leaves.flatMap((leaf) => ('act' in leaf ? [leaf.act] : [])))]
  let batch: JournalBatch | undefined
  const kept = await parts.store.advance(span, acts, (known) => {
    batch = foldLeaves(leaves, known, facts)
    return batch
  })
  if (kept && batch !== undefined) announce(parts.bus, batch)
  return kept
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
