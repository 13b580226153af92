/** Limits that more than one room uses, each with its reason. Rooms keep their own beside what they bound. */
export const limits = {
  /** Largest body of a control request: records with two thousand tools stay below. */
  controlBodyBytesMax: 4 * 1024 * 1024,
  /** Largest body of an act: what the official SDK servers accept. */
  actBodyBytesMax: 4 * 1024 * 1024,
  /** Largest answer of an upstream that is kept whole (not streamed). */
  answerBytesMax: 16 * 1024 * 1024,
  /** All headers of one answer: as many as Node's own server takes. */
  answerHeaderBytesMax: 16 * 1024,
  /** All of one stream: far more than an agent says in a day, and an upstream that only fills the line ends. */
  streamBytesMax: 4 * 1024 * 1024 * 1024,
  /** Longest silence within a stream. */
  streamIdleMs: 300_000,
  /** Longest stream: a working day; a task that takes longer is subscribed to again. */
  streamMsMax: 8 * 3_600_000,
  /** How long a reader may take nothing of a stream before it counts as gone: its upstream is held meanwhile. */
  streamPausedMsMax: 300_000,
  /** Rows in one page of a list. */
  pageRowsMax: 200,
} as const
