/** A row of the fault table. */
export interface FaultRow {
  /** HTTP status. */
  readonly status: number
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean
  /** A short sentence that never changes. */
  readonly title: string
  /** What the reader can do next. */
  readonly remedy: string
}

export type FaultRows = Readonly<Record<string, FaultRow>>
