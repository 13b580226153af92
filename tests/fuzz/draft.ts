import type { HolderName } from './canary.ts'
import type { JsonNode } from './json-node.ts'

/** How the upstream that a message is for behaves. */
export type Flavour = 'true' | 'odd' | 'broken' | 'ask'

/** A message that is true to its protocol, before anything is done to it. */
export interface Draft {
  /** What it is, for people. */
  readonly what: string
  readonly verb: string
  readonly path: string
  readonly headers: [string, string][]
  readonly body: JsonNode | undefined
  readonly flavour: Flavour | undefined
}

/** A message as bytes, and what may be expected of its answer. */
export interface Shot {
  readonly at: number
  readonly what: string
  readonly holder: HolderName
  readonly verb: string
  readonly path: string
  readonly bytes: Buffer
  /** HTTP frames it as it should, so that an answer must come. */
  readonly framed: boolean
  /** The body as it was sent. */
  readonly body: Buffer
  readonly flavour: Flavour | undefined
  /** Nothing was done to it. */
  readonly plain: boolean
}

/** What a caller learned: names that later messages use again, its own and those of the other caller. */
export class Memory {
  readonly #kept = new Map<string, string[]>()

  keep(kind: string, value: string): void {
    const list = this.#kept.get(kind) ?? []
    this.#kept.set(kind, list)
    if (list.includes(value)) return
    list.push(value)
    if (list.length > keptMax) list.shift()
  }

  of(kind: string): readonly string[] {
    return this.#kept.get(kind) ?? []
  }
}

const keptMax = 40
