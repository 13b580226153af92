import type { Signer } from '@ambit/core/signature'
import type { Caller, RoleName } from '../kernel/route.ts'

/** People, organisations, their roles, sessions, tokens and keys. */
export interface Identity {
  /** The node's own key: signs rulings. did:key. */
  readonly nodeSigner: Signer
  /** Who a session token (`ambs_…`) or API token (`amba_…`) belongs to. Cached; a revocation empties the cache. */
  callerOf(token: string): Promise<Caller | undefined>
  person(id: string): Promise<Person | undefined>
  /** A person's signing key, kept by the node until they bring their own. */
  personSigner(person: string): Promise<Signer>
  /** Makes and keeps a key for a holder that cannot keep one itself; returns its did:key. */
  createHolderKey(organization: string): Promise<string>
  /** The kept key of a holder, or undefined when the holder keeps it itself. */
  holderSigner(key: string): Promise<Signer | undefined>
  /** Secret of 32 bytes from which the salts of a person's commitments are made; destroyed to erase them. */
  subjectKey(person: string): Promise<Buffer>
  /** First run only: the one-time link of the owner, else undefined. */
  firstRunToken(): Promise<string | undefined>
}

export interface Person {
  readonly id: string
  readonly name: string
  readonly organization: string
  readonly roles: readonly RoleName[]
}
