interface Bundle {
  readonly entries: readonly Buffer[]
  readonly bytes: number
}

/** The bundles read last, up to a number of bytes; the one used longest ago goes first. */
export class BundleCache {
  readonly #bytesMax: number
  readonly #bundles = new Map<number, Bundle>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The first entries of a bundle: kept ones where there are as many, else what `load` gives. */
  async read(
    bundle: number,
    width: number,
    load: (bundle: number, width: number) => Promise<readonly Buffer[]>,
  ): Promise<readonly Buffer[]> {
    const known = this.#bundles.get(bundle)
    if (known !== undefined && known.entries.length >= width) {
      this.#keep(bundle, known)
      return known.entries.length === width ? known.entries : known.entries.slice(0, width)
    }
    const entries = await load(bundle, width)
    this.#keep(bundle, { entries, bytes: entries.reduce((sum, entry) => sum + entry.length, 0) })
    return entries
  }

  #keep(number: number, bundle: Bundle): void {
    this.#bytes += bundle.bytes - (this.#bundles.get(number)?.bytes ?? 0)
    this.#bundles.delete(number)
    this.#bundles.set(number, bundle)
    for (const [oldest, each] of this.#bundles) {
      if (this.#bytes <= this.#bytesMax) break
      this.#bundles.delete(oldest)
      this.#bytes -= each.bytes
    }
  }
}
