/** Limits that more than one room uses, each with its reason. Rooms keep their own beside what they bound. */
export const limits = {
  /** Largest body of a control request: records with two thousand tools stay below. */
  controlBodyBytesMax: 4 * 1024 * 1024,
  /** Largest body of an act: what the official SDK servers accept. */
  actBodyBytesMax: 4 * 1024 * 1024,
  /** Largest answer of an upstream that is kept whole (not streamed). */
  answerBytesMax: 16 * 1024 * 1024,
  /** Rows in one page of a list. */
  pageRowsMax: 200,
} as const
