/**
 * Carries what other rooms and other replicas must know at once: rulings, revocations, approvals, changed records.
 * Delivery is at least once and in order for each subject; the store is the truth, a message only says «look».
 */
export interface Bus extends AsyncDisposable {
  /** In this turn to listeners here, from `here`; soon to those of other replicas. */
  publish(subject: string, message: BusMessage): void
  /**
   * To listeners here alone, from `here`: what another replica said, or a heal found, was read from the store and
   * memory has it by now.
   */
  tell(subject: string, message: BusMessage): void
  /** Subjects match exactly, or by a prefix that ends in `.*`. The returned function ends the subscription. */
  subscribe(subject: string, listen: BusListener): () => void
  /**
   * `heal` is called when messages may have been missed (a gap in their numbers, a connection that was lost): it looks
   * at the store for what this room keeps in memory. Heals run one after the other, in the order in which they were
   * given. Never called by the bus of a node that is alone.
   */
  onGap(heal: () => Promise<void>): () => void
  /** What was heard could not be looked up in the store: logged, and the heals run until they can. */
  missed(error: unknown): void
}

export type BusListener = (message: BusMessage, subject: string, from: Origin) => void

/**
 * Who says so. `here`: this process, whose memory has it already. `elsewhere`: another replica; what only narrows may
 * act on it at once, what widens reads the store first.
 */
export type Origin = 'here' | 'elsewhere'

/** Small and JSON: ids and digests, never contents. */
export type BusMessage = Readonly<Record<string, string | number | boolean | readonly string[]>>
