import { BoundedMap } from '../../../kernel/bounded-map.ts'
import type { Child } from './child.ts'

/** The newest program of each target, also after it ended: what it wrote last is what its operator wants to see. */
export class Newest {
  readonly #children: BoundedMap<string, Child>
  readonly #ended = new WeakSet<Child>()

  constructor(rememberedMax: number) {
    this.#children = new BoundedMap(rememberedMax)
  }

  put(targetId: string, child: Child): void {
    this.#children.set(targetId, child)
  }

  ended(child: Child): void {
    this.#ended.add(child)
  }

  readonly reading = {
    stderr: (targetId: string): string | undefined => this.#children.get(targetId)?.stderr,
    runs: (targetId: string): boolean => {
      const child = this.#children.get(targetId)
      return child !== undefined && !child.closing && !this.#ended.has(child)
    },
  }
}
