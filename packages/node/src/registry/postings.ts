/** Which records a word leads to. Most words lead to one, so that one is kept without a set around it. */
export class Postings {
  readonly #records = new Map<string, string | Set<string>>()

  add(word: string, record: string): void {
    const known = this.#records.get(word)
    if (known === undefined) this.#records.set(word, record)
    else if (typeof known !== 'string') known.add(record)
    else if (known !== record) this.#records.set(word, new Set([known, record]))
  }

  remove(word: string, record: string): void {
    const known = this.#records.get(word)
    if (known === record) this.#records.delete(word)
    else if (known instanceof Set && known.delete(record) && known.size === 0) this.#records.delete(word)
  }

  get(word: string): Iterable<string> {
    const known = this.#records.get(word)
    return known === undefined ? [] : typeof known === 'string' ? [known] : known
  }
}
