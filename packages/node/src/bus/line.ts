/** A connection to a broker that numbers what it is given and passes it to all replicas, the speaker among them. */
export interface Line extends AsyncDisposable {
  /** Resolves once the broker has it; rejects when that is not known. */
  send(payload: Uint8Array): Promise<void>
  /** Resolves when the connection is lost. */
  readonly lost: Promise<void>
}

/** `number`: position in the broker's stream, 1 and up without holes. */
export type Receive = (payload: Uint8Array, number: number) => void

/** Connects, and passes on what comes from then on. Rejects when the broker does not answer; the caller tries again. */
export type Dial = (receive: Receive) => Promise<Line>
