/** The writing end of a log, all that most rooms know of the ledger. */
export interface LeafWriter {
  /** Appends one entry (canonical JSON of a leaf) and gives its index once it is durable. Throws a Fault `ledger.*`. */
  write(entry: string): Promise<number>
}
