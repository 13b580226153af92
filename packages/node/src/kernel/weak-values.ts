/** Values under names, each kept only as long as somebody else holds it. */
export class WeakValues<V extends object> {
  readonly #refs = new Map<string, WeakRef<V>>()
  readonly #gone = new FinalizationRegistry<string>((name) => {
    // Another value may stand under the name by now.
    if (this.#refs.get(name)?.deref() === undefined) this.#refs.delete(name)
  })

  get(name: string): V | undefined {
    return this.#refs.get(name)?.deref()
  }

  set(name: string, value: V): void {
    this.#refs.set(name, new WeakRef(value))
    this.#gone.register(value, name)
  }

  /** Those that somebody still holds. */
  *entries(): Iterable<readonly [string, V]> {
    for (const [name, ref] of this.#refs) {
      const value = ref.deref()
      if (value !== undefined) yield [name, value]
    }
  }

  get size(): number {
    return this.#refs.size
  }
}
