/** Of the places of the table this many are taken at most, so that a search is short. */
const fillMax = 0.8
const placesMin = 64
const empty = -1
/** A place whose row was removed: a search goes on behind it. */
const removed = -2

/**
 * Numbered rows by a 32-bit hash of whatever names them: 10 to 20 bytes a row, where a Map of texts takes a hundred. Rows of
 * other names may have the same hash, so whoever asks looks at the row itself.
 */
export class RowIndex {
  #hashes = new Uint32Array(placesMin)
  #rows = new Int32Array(placesMin).fill(empty)
  #size = 0
  /** Places that are not empty, those of removed rows included. */
  #taken = 0

  get size(): number {
    return this.#size
  }

  /** Does nothing where that row has the hash already. */
  add(hash: number, row: number): void {
    if (this.#taken >= this.#rows.length * fillMax) this.#rebuild()
    let free = -1
    for (let at = this.#first(hash); ; at = this.#next(at)) {
      const there = this.#rows[at]!
      if (there === row && this.#hashes[at] === hash) return
      if (there === removed && free < 0) free = at
      if (there !== empty) continue
      if (free < 0) {
        free = at
        this.#taken += 1
      }
      break
    }
    this.#hashes[free] = hash
    this.#rows[free] = row
    this.#size += 1
  }

  remove(hash: number, row: number): void {
    for (let at = this.#first(hash); this.#rows[at] !== empty; at = this.#next(at)) {
      if (this.#rows[at] !== row || this.#hashes[at] !== hash) continue
      this.#rows[at] = removed
      this.#size -= 1
      return
    }
  }

  /** The first row of that hash that is the one; -1: none is. */
  find(hash: number, isIt: (row: number) => boolean): number {
    for (let at = this.#first(hash); this.#rows[at] !== empty; at = this.#next(at)) {
      const row = this.#rows[at]!
      if (row >= 0 && this.#hashes[at] === hash && isIt(row)) return row
    }
    return -1
  }

  /** All rows of that hash. */
  all(hash: number): number[] {
    const found: number[] = []
    this.find(hash, (row) => {
      found.push(row)
      return false
    })
    return found
  }

  #first(hash: number): number {
    return hash & (this.#rows.length - 1)
  }

  #next(at: number): number {
    return (at + 1) & (this.#rows.length - 1)
  }

  /** Without the removed ones, in a table that is as large as it needs to be. */
  #rebuild(): void {
    const [hashes, rows] = [this.#hashes, this.#rows]
    let places = placesMin
    while (places * fillMax < this.#size * 1.1) places *= 2
    this.#hashes = new Uint32Array(places)
    this.#rows = new Int32Array(places).fill(empty)
    this.#size = 0
    this.#taken = 0
    for (const [at, row] of rows.entries()) if (row >= 0) this.add(hashes[at]!, row)
  }
}
