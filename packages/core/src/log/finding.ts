/** What can be wrong with a log that is read from outside. */
export type FindingKind =
  /** A file that the checkpoint promises is not there. */
  | 'missing'
  /** A file is cut, too long, or holds something else than was signed. */
  | 'damaged'
  /** All files agree with one another and not with the checkpoint. */
  | 'root'
  /** The log does not continue what it was: two histories under one key. */
  | 'inconsistent'
  /** The checkpoint is not signed as it must be. */
  | 'signature'

/** One thing that is wrong: in which file, from which entry on, what it means and what to do next. */
export interface Finding {
  readonly kind: FindingKind
  /** Path below the address of the log. */
  readonly file: string
  /** The first entry that it concerns. */
  readonly index?: number
  readonly what: string
  readonly remedy: string
}

const remedies: Readonly<Record<FindingKind, string>> = {
  missing:
    'Ask again in a minute; if the file stays away, tell whoever runs the log and read it from a mirror until then.',
  damaged:
    'Keep the file and the checkpoint as evidence; whoever runs the log restores it from a backup or a mirror.',
  root: 'Keep the checkpoint and the files as evidence: the log signed something else than it serves.',
  inconsistent:
    'Keep both checkpoints: together they prove that the log rewrote its history. Do not trust what it says from now on.',
  signature:
    'Check that you have the right key of the log; if so, someone between you and the log changed the checkpoint.',
}

export function finding(kind: FindingKind, file: string, what: string, index?: number): Finding {
  return { kind, file, ...(index === undefined ? {} : { index }), what, remedy: remedies[kind] }
}
