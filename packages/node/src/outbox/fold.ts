import type { ApprovalLeaf, IntentLeaf, Leaf, OutcomeLeaf, RefusedLeaf } from '@ambit/core/leaf'
import { inverseSchema, strictestProfile } from '@ambit/core/record'
import type { Inverse, Profile } from '@ambit/core/record'
import type { Suspended } from '../approval/approval.ts'
import type { Target } from '../registry/target.ts'
import { needsContents } from './inverse.ts'
import type { JournalDecision, JournalRow, JournalState } from './journal-row.ts'
import type { JournalBatch, ReadCount, UndoneFact } from './journal-store.ts'

/** What an approval, or a place in the outbox, is about. */
export interface ApprovalFact {
  readonly organization: string
  readonly subject: string
  readonly due: number | null
  readonly decidedBy: string | null
  /** Undefined once its contents were taken away. */
  readonly suspended: Suspended | undefined
}

/** What leaves do not say themselves. */
export interface FoldFacts {
  readonly target: (digest: string) => Target | undefined
  /** Loaded before, for the approvals that the leaves name; of no approval: a standing one. */
  readonly approvals: ReadonlyMap<string, ApprovalFact>
  /** How long contents are kept, in ms; undefined: not at all. */
  readonly keepMs: number | undefined
}

/** Folds leaves of the activity log into the rows of the journal. Pure: the same leaves give the same rows. */
export function foldLeaves(
  leaves: readonly Leaf[],
  known: readonly JournalRow[],
  facts: FoldFacts,
): JournalBatch {
  const fold = new Fold(known, facts)
  for (const leaf of leaves) fold.take(leaf)
  return fold.batch()
}

const dayMs = 86_400_000

class Fold {
  readonly #rows: Map<string, JournalRow>
  readonly #touched = new Set<string>()
  readonly #reads = new Map<string, ReadCount>()
  readonly #undone: UndoneFact[] = []
  readonly #facts: FoldFacts

  constructor(known: readonly JournalRow[], facts: FoldFacts) {
    this.#rows = new Map(known.map((row) => [row.act, row]))
    this.#facts = facts
  }

  take(leaf: Leaf): void {
    if (leaf.kind === 'act.intent') this.#intent(leaf)
    else if (leaf.kind === 'act.outcome') this.#outcome(leaf)
    else if (leaf.kind === 'act.refused') this.#refused(leaf)
    else if (leaf.kind === 'approval') this.#approval(leaf)
  }

  batch(): JournalBatch {
    return {
      rows: [...this.#touched].map((act) => this.#rows.get(act)!),
      reads: [...this.#reads.values()],
      undone: this.#undone,
    }
  }

  #put(row: JournalRow): void {
    this.#rows.set(row.act, row)
    this.#touched.add(row.act)
  }

  #intent(leaf: IntentLeaf): void {
    const named = nameOf(leaf, this.#facts.target)
    if (named === undefined) return
    const { profile } = named
    const at = Date.parse(leaf.at)
    if (onlyReads(leaf, named)) {
      this.#read(named.organization, named.person, Math.floor(at / dayMs))
      return
    }
    const before = this.#rows.get(leaf.act)
    const inverse = profile.reversibility === 3 ? undefined : profile.inverse
    this.#put({
      ...rowOf(leaf, named),
      ...(before === undefined ? {} : { decided_by: before.decided_by }),
      ...this.#decision(leaf),
      state: 'open',
      inverse: inverse === undefined ? null : JSON.stringify(inverse),
      undo_until: inverse === undefined ? null : this.#undoUntil(at, inverse),
      undoes: leaf.undoes ?? null,
    })
  }

  #outcome(leaf: OutcomeLeaf): void {
    const row = this.#rows.get(leaf.act)
    // One that is not here only read.
    if (row === undefined) return
    const state: JournalState = leaf.status === 'completed' ? 'done' : leaf.status
    if (row.undoes !== null && (state === 'done' || state === 'unknown')) {
      const undo = state === 'done' ? 'undone' : 'unknown'
      this.#undone.push({ act: row.undoes, by: row.act, state: undo, at: Date.parse(leaf.at) })
    }
    this.#put({ ...row, state, ended: Date.parse(leaf.at), reason: leaf.error ?? null })
  }

  #refused(leaf: RefusedLeaf): void {
    const before = this.#rows.get(leaf.act)
    const named = nameOf(leaf, this.#facts.target)
    if (before === undefined && named === undefined) return
    this.#put({
      ...(before ?? rowOf(leaf, named!)),
      state: 'refused',
      ended: Date.parse(leaf.at),
      reason: leaf.reasons[0]?.code ?? null,
    })
  }

  #approval(leaf: ApprovalLeaf): void {
    const before = this.#rows.get(leaf.act)
    const fact = this.#facts.approvals.get(leaf.approval)
    if (leaf.step === 'asked' || leaf.step === 'held') {
      // What is performed already, or ended, is not put back by a leaf that is read late.
      if (before !== undefined || fact?.suspended === undefined) return
      this.#put(waitingRow(leaf, fact, fact.suspended))
    } else if (before !== undefined) {
      const end = ends[leaf.step]
      if (end !== undefined && (before.state === 'asked' || before.state === 'held'))
        this.#put({
          ...before,
          state: end,
          ended: Date.parse(leaf.at),
          decided_by: leaf.person ?? before.decided_by,
        })
      else if (leaf.person !== undefined) this.#put({ ...before, decided_by: leaf.person })
    }
  }

  #read(organization: string, person: string, day: number): void {
    const key = `${organization} ${person} ${day}`
    const acts = (this.#reads.get(key)?.acts ?? 0) + 1
    this.#reads.set(key, { organization, person, day, acts })
  }

  #decision(leaf: IntentLeaf): Pick<JournalRow, 'decision' | 'approval' | 'due' | 'reason'> {
    const { approval } = leaf
    const fact = approval === undefined ? undefined : this.#facts.approvals.get(approval)
    let decision: JournalDecision = 'alone'
    if (leaf.undoes !== undefined) decision = 'undo'
    else if (leaf.observed !== undefined) decision = 'observed'
    else if (approval !== undefined)
      decision = fact === undefined ? 'standing' : fact.due === null ? 'approved' : 'held'
    return {
      decision,
      approval: approval ?? null,
      due: fact?.due ?? null,
      reason: leaf.observed?.[0]?.code ?? null,
    }
  }

  /** As long as what was said in the act is kept, where that is needed; where nothing is kept, when it began. */
  #undoUntil(at: number, inverse: Inverse): number | null {
    if (!needsContents(inverse)) return null
    return at + (this.#facts.keepMs ?? 0)
  }
}

/**
 * In whose name an act is done that only reads, which is counted and not told; `nobody` where there is no one to tell;
 * undefined: it has a row of its own.
 */
export function readerOf(
  leaf: IntentLeaf,
  target: FoldFacts['target'],
): { organization: string; person: string } | 'nobody' | undefined {
  const named = nameOf(leaf, target)
  if (named === undefined) return 'nobody'
  const { organization, person } = named
  return onlyReads(leaf, named) ? { organization, person } : undefined
}

function onlyReads({ approval }: IntentLeaf, { profile }: Named): boolean {
  return profile.effect === 'read' && approval === undefined
}

function nameOf(leaf: IntentLeaf | RefusedLeaf, targetOf: FoldFacts['target']): Named | undefined {
  const person = leaf.callers.at(-1)
  const target = leaf.target === undefined ? undefined : targetOf(leaf.target)
  // What a server asks of its caller is part of the caller's act; what names nothing here has no one to tell.
  if (person === undefined || leaf.target === undefined || target === undefined) return undefined
  const capability = target.capabilities.get(leaf.capability)
  const isSame = !('definition' in leaf) || capability?.definition === leaf.definition
  const profile = capability?.accepted === true && isSame ? capability.profile : strictestProfile
  return { person, organization: target.organization, target, profile }
}

interface Named {
  readonly person: string
  readonly organization: string
  readonly target: Target
  readonly profile: Profile
}

const ends: Readonly<Partial<Record<ApprovalLeaf['step'], JournalState>>> = {
  denied: 'denied',
  expired: 'expired',
  void: 'void',
}

const fresh = {
  ended: null,
  decision: 'alone',
  approval: null,
  decided_by: null,
  due: null,
  reason: null,
  inverse: null,
  undo_until: null,
  undoes: null,
  undo_state: null,
  undo_at: null,
  undone_by: null,
} as const

function rowOf(
  leaf: IntentLeaf | RefusedLeaf,
  { person, organization, target, profile }: Named,
): Omit<JournalRow, 'state'> {
  return {
    ...fresh,
    act: leaf.act,
    organization,
    person,
    agent: leaf.callers[0] ?? person,
    trace: leaf.trace,
    at: Date.parse(leaf.at),
    target: leaf.target!,
    slug: target.slug,
    capability: leaf.capability,
    effect: profile.effect,
    reversibility: profile.reversibility,
    links: JSON.stringify(leaf.links),
  }
}

function waitingRow(leaf: ApprovalLeaf, fact: ApprovalFact, suspended: Suspended): JournalRow {
  return {
    ...fresh,
    act: leaf.act,
    organization: fact.organization,
    person: fact.subject,
    agent: suspended.callers[0] ?? suspended.holder,
    trace: suspended.trace,
    at: suspended.at,
    target: suspended.target,
    slug: suspended.targetSlug,
    capability: suspended.capability,
    effect: suspended.effect as JournalRow['effect'],
    reversibility: suspended.reversibility as JournalRow['reversibility'],
    links: JSON.stringify(suspended.links),
    decision: leaf.step === 'held' ? 'held' : 'approved',
    approval: leaf.approval,
    due: fact.due,
    state: leaf.step === 'held' ? 'held' : 'asked',
  }
}

/** The inverse as it was declared when the act was done. */
export function inverseOf({ inverse }: JournalRow): Inverse | undefined {
  return inverse === null ? undefined : inverseSchema.parse(JSON.parse(inverse))
}
