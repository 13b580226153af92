import type { Obligation, Reason } from '@ambit/core/decision'
import type { Digest } from '@ambit/core/digest'
import type { Profile, Role } from '@ambit/core/record'
import type { DelegationWish } from '@ambit/core/wire/delegation'

/** An act that waits for a person: what is bound, and what is needed to perform it later. */
export interface Suspended {
  readonly act: string
  readonly at: number
  readonly trace: string
  /** did:key of the holder whose act it is. */
  readonly holder: string
  readonly organization: string
  /** Principal id of the person who must decide. */
  readonly subject: string
  readonly callers: readonly string[]
  readonly links: readonly string[]
  readonly chain: Digest
  readonly target: Digest
  readonly targetSlug: string
  readonly targetTitle: string
  readonly capability: string
  readonly capabilityTitle: string
  readonly definition: Digest
  readonly effect: string
  readonly reversibility: number
  readonly arguments: unknown
  /** What else the message asks of the target, by the capability that it is. */
  readonly includes?: readonly { readonly capability: string; readonly arguments: unknown }[]
  /** Protocol headers of the message, names and values in turn. */
  readonly wireHeaders?: readonly string[]
  /** Which of the capability's operations; left out: its usual one. */
  readonly operation?: string
  /** What the caller hands on to the agent it calls, once it is performed. */
  readonly delegate?: DelegationWish
  readonly protocolIn: string
  readonly reasons: readonly Reason[]
  /** Roles of the arguments, of the profile in force; one that is not named is a sink. */
  readonly roles?: Readonly<Record<string, Role>>
  /** Name of the agent that asks, where it is a registered one. */
  readonly agentTitle?: string
  /** What the mandate it acts under is for. */
  readonly purpose?: string
  /** It was allowed, and lies in the outbox: performed only if it would still be allowed then. */
  readonly held?: true
  /** What else the record says of the capability: money, data classes, window, inverse. */
  readonly profile?: Pick<Profile, 'dataClasses' | 'windowMs' | 'money' | 'inverse'>
  /** What whoever approves owes; left out: nothing. */
  readonly obligations?: readonly Obligation[]
  /** What registered agents among `callers` are called, in that order; an empty text for any other caller. */
  readonly callerTitles?: readonly string[]
  /** Names of the arguments that a person changed before they approved. */
  readonly changed?: readonly string[]
  /** A draft is an act that only its subject may do: it is performed on their word alone. */
  readonly draft?: true
  /**
   * A data plane that is not this node's asks: it is performed there, when it asks for the same again, and never here.
   * Method and path of the request.
   */
  readonly check?: string
}
