import type { Target } from './target.ts'

/** Keys and aliases that a document wants to name, for a record that is there (`agent`) or is not yet. */
export interface Admission {
  readonly organization: string
  readonly slug: string
  /** AIC; undefined: a new record. */
  readonly agent: string | undefined
  readonly keys: readonly string[]
  /** Keys that the record names already, those that are over included; left out: none. */
  readonly named?: readonly string[]
  readonly aliases: readonly string[]
  /** Signed statements of the keys that they are held by whoever names them. */
  readonly proofs: readonly unknown[]
}

export interface Admitted {
  readonly keys: readonly string[]
  /** Aliases of other domains, each with the key of the record that its document names. */
  readonly aliases: readonly { readonly alias: string; readonly key: string }[]
}

/** Who may name which keys and aliases: the room of agents' keys, which stands above the registry. */
export interface KeyAdmission {
  /** Checks proofs, and asks domains. Throws `agent-key.…` and `alias.…`; nothing was kept then. */
  admit(asked: Admission, signal?: AbortSignal): Promise<Admitted>
  /** They are this record's from now on, and nobody else's. Throws when somebody was faster. */
  claim(agent: string, organization: string, admitted: Admitted): Promise<void>
  /** Told of each live record while the registry is loaded, so that nobody has to go through all of them again. */
  loaded(target: Pick<Target, 'id' | 'organization' | 'state' | 'keys'>): void
  /** The record came to nothing. */
  release(agent: string): Promise<void>
}
