/**
 * Carries what other rooms and other replicas must know at once: rulings, revocations, approvals, changed records.
 * Delivery is at least once and in order for each subject; the store is the truth, a message only says «look».
 */
export interface Bus extends AsyncDisposable {
  publish(subject: string, message: BusMessage): void
  /** Subjects match exactly, or by a prefix that ends in `.*`. The returned function ends the subscription. */
  subscribe(subject: string, listen: (message: BusMessage, subject: string) => void): () => void
}

/** Small and JSON: ids and digests, never contents. */
export type BusMessage = Readonly<Record<string, string | number | boolean | readonly string[]>>
