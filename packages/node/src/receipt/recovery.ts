import { canonicalJson } from '@ambit/core/canonical'
import type { Clock } from '../kernel/clock.ts'
import { timeText } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { IntentLeaf, Leaf, OutcomeLeaf } from '@ambit/core/leaf'
import type { Ledger } from '../ledger/ledger.ts'
import { readLeaf } from './log-search.ts'
import type { OpenActStore } from './receipt-store.ts'

/** What every mandate spent, as authority keeps it. `Reservations`: what acts under way took. */
export interface SpentKeeper<Reservations> {
  /** Begins to count what was spent according to a log of that size, by everybody or by one process that ended. */
  recount(logSize: number, replica?: string): Promise<SpentRecount>
  saveSpent(position: number, reservations: Reservations): Promise<void>
}

interface SpentRecount {
  /** From here on the leaves are counted. */
  readonly position: number
  intent(leaf: IntentLeaf): void
  outcome(leaf: OutcomeLeaf): void
  settle(): Promise<void>
}

export interface ActParts<Reservations> {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  /** Kept between starts. */
  readonly open: OpenActStore
  readonly spent: SpentKeeper<Reservations>
}

/** What is known of the acts of this process. */
export interface ActsHere<Reservations> {
  /** Id of this process, where several write the log. */
  readonly replica: string | undefined
  /** Acts whose intent is in the log and whose outcome is not, now. */
  openActs(): readonly string[]
  /** Up to where a log of that size tells of exactly what is known here. */
  position(size: number): number
  reservations(): Reservations
}

/**
 * After a process ended: counts again what every mandate spent since its last snapshot, and writes the outcome «unknown»
 * for each act whose intent has none: it was under way then, and is never performed again. `replica`: of that process
 * only, where several write the log; left out, this node is alone and all acts are its own.
 */
export async function recoverActs<R>(parts: ActParts<R>, replica?: string): Promise<void> {
  const { ledger, spent } = parts
  const recount = await spent.recount(ledger.size, replica)
  const opened = await parts.open.load(replica)
  const openFrom = openFromOf(opened, ledger.size, replica)
  const open = new Set(openFrom === 0 ? [] : opened?.acts)
  for await (const { index: at, entry } of ledger.entries(Math.min(recount.position, openFrom))) {
    const leaf = readLeaf(at, entry)?.leaf
    if (leaf === undefined || !isOf(leaf, replica)) continue
    if (at >= openFrom) follow(open, leaf)
    if (at < recount.position) continue
    if (leaf.kind === 'act.intent') recount.intent(leaf)
    else if (leaf.kind === 'act.outcome') recount.outcome(leaf)
  }
  await closeActs(parts, open)
  await recount.settle()
  if (replica !== undefined) await parts.open.remove(replica)
}

/** A node that is alone reads a log that it does not know from its beginning; a replica has had acts only if it said so. */
function openFromOf(
  opened: { readonly size: number } | undefined,
  size: number,
  replica: string | undefined,
): number {
  if (opened !== undefined && opened.size <= size) return opened.size
  return replica === undefined ? 0 : size
}

/** Outcomes name no process: an act of another one is in no list here. */
function isOf(leaf: Leaf, replica: string | undefined): boolean {
  return replica === undefined || leaf.kind !== 'act.intent' || leaf.replica === replica
}

function follow(open: Set<string>, leaf: Leaf): void {
  if (leaf.kind === 'act.intent') open.add(leaf.act)
  else if (leaf.kind === 'act.outcome' || leaf.kind === 'act.refused') open.delete(leaf.act)
}

async function closeActs(
  { ledger, clock, log }: Pick<ActParts<unknown>, 'ledger' | 'clock' | 'log'>,
  open: ReadonlySet<string>,
): Promise<void> {
  await Promise.all([...open].map(async (act) => await ledger.write(unknownOutcome(act, clock.now()))))
  if (open.size > 0) log.warn('acts.unknown-outcome', { acts: open.size })
}

function unknownOutcome(act: string, now: number): string {
  return canonicalJson({
    v: 1,
    kind: 'act.outcome',
    at: timeText(now),
    act,
    status: 'unknown',
    error: 'node.stopped',
    durationMs: 0,
  })
}

/** How often a snapshot is made while acts happen: what is read again at start is no more than that. */
const snapshotEveryMs = 5000

/** Saves snapshots while the node runs; the returned function makes a last one and ends. */
export async function startSnapshots<R>(parts: ActParts<R>, here: ActsHere<R>): Promise<() => Promise<void>> {
  let saved = -1
  let stopped = false
  let cancel = (): void => undefined
  async function save(): Promise<void> {
    const { size } = parts.ledger
    if (size === saved) return
    // All is read in one turn, so that it stands for this position; a crash between the two writes is healed at start.
    const position = here.position(size)
    const acts = here.openActs()
    const reservations = here.reservations()
    await parts.open.save({ size: position, acts }, here.replica)
    await parts.spent.saveSpent(position, reservations)
    saved = position
  }
  function schedule(): void {
    cancel = parts.clock.after(snapshotEveryMs, () => {
      save()
        .catch((error: unknown) => parts.log.warn('acts.snapshot-failed', { error: String(error) }))
        .finally(() => {
          if (!stopped) schedule()
        })
    })
  }
  // Before its first act: whoever reads the log for it need not begin at the beginning.
  await save()
  schedule()
  return async () => {
    stopped = true
    cancel()
    await save()
  }
}
