import type { Leaf } from '@ambit/core/leaf'

/** Where the leaves of one act stand in the activity log. */
export interface ActLeaves {
  intent: number | undefined
  outcome: number | undefined
  refused: number | undefined
}

/** Acts whose places are known at once; older ones are found by a search of the log. */
const recentActsMax = 20_000

/**
 * Remembers the places of recent acts and which intents have no outcome yet. Told synchronously as leaves become
 * durable, so that it always stands for one size of the log.
 */
export class ActIndex {
  readonly #recent = new Map<string, ActLeaves>()
  readonly #open = new Set<string>()

  add(act: string, kind: keyof ActLeaves, index: number): void {
    let leaves = this.#recent.get(act)
    if (leaves === undefined) {
      leaves = { intent: undefined, outcome: undefined, refused: undefined }
      this.#recent.set(act, leaves)
      if (this.#recent.size > recentActsMax) this.#recent.delete(this.#recent.keys().next().value!)
    }
    leaves[kind] = index
    if (kind === 'intent') this.#open.add(act)
    else this.#open.delete(act)
  }

  /** The same from a leaf that is read back at start. */
  addLeaf(leaf: Leaf, index: number): void {
    if (leaf.kind === 'act.intent') this.add(leaf.act, 'intent', index)
    else if (leaf.kind === 'act.outcome') this.add(leaf.act, 'outcome', index)
    else if (leaf.kind === 'act.refused') this.add(leaf.act, 'refused', index)
  }

  recent(act: string): Readonly<ActLeaves> | undefined {
    return this.#recent.get(act)
  }

  /** Acts with an intent and no outcome. */
  openActs(): readonly string[] {
    return [...this.#open]
  }

  /** Takes up acts that were open when a snapshot was made. */
  reopen(acts: readonly string[]): void {
    for (const act of acts) this.#open.add(act)
  }

  /** Forgets an act that can have no outcome any more. */
  close(act: string): void {
    this.#open.delete(act)
  }
}
