/** Collects what must be closed, and closes it in the opposite order. Every part is closed even when one fails. */
export class Disposer {
  #parts: { name: string; dispose: () => void | Promise<void> }[] = []

  add(name: string, dispose: () => void | Promise<void>): void {
    this.#parts.push({ name, dispose })
  }

  /** Throws an AggregateError naming the parts that did not close. */
  async dispose(): Promise<void> {
    const errors: Error[] = []
    for (const part of this.#parts.splice(0).toReversed()) {
      try {
        await part.dispose()
      } catch (error) {
        errors.push(new Error(`${part.name} did not close`, { cause: error }))
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '))
  }
}
