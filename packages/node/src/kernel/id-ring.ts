const slotsMin = 64

/**
 * Values under numbers that it gives out, each larger than the last. Like a Map, but in arrays that are used again, for
 * the reason said in roll.ts. A number whose place is taken by an older value is left out.
 */
export class IdRing<T> {
  #ids: number[] = Array.from<number>({ length: slotsMin }).fill(0)
  #values: (T | undefined)[] = Array.from<T | undefined>({ length: slotsMin })
  #next = 1
  #size = 0

  get size(): number {
    return this.#size
  }

  add(value: T): number {
    if (this.#size * 2 >= this.#ids.length) this.#grow()
    let id = this.#next
    while (this.#ids[this.#place(id)] !== 0) id++
    this.#next = id + 1
    this.#put(id, value)
    return id
  }

  get(id: number): T | undefined {
    const place = this.#place(id)
    return this.#ids[place] === id ? this.#values[place] : undefined
  }

  /** Takes the value out. */
  take(id: number): T | undefined {
    const place = this.#place(id)
    if (id === 0 || this.#ids[place] !== id) return undefined
    const value = this.#values[place]
    this.#ids[place] = 0
    this.#values[place] = undefined
    this.#size--
    return value
  }

  /** The numbers in use now. */
  ids(): number[] {
    return this.#ids.filter((id) => id !== 0)
  }

  #put(id: number, value: T): void {
    const place = this.#place(id)
    this.#ids[place] = id
    this.#values[place] = value
    this.#size++
  }

  /** Lengths are powers of two; `%` also serves numbers above 32 bits. */
  #place(id: number): number {
    return id % this.#ids.length
  }

  #grow(): void {
    const ids = this.#ids
    const values = this.#values
    this.#ids = Array.from<number>({ length: ids.length * 2 }).fill(0)
    this.#values = Array.from<T | undefined>({ length: ids.length * 2 })
    this.#size = 0
    for (const [at, id] of ids.entries()) if (id !== 0) this.#put(id, values[at]!)
  }
}
