import type { Reason } from '@ambit/core/decision'
import type { Allow, Limits, SignedMandate } from '@ambit/core/mandate'
import type { AgentRecord, Profile, Protocol, RecordState } from '@ambit/core/record'
import type { SignedRuling } from '@ambit/core/ruling'

/*
 * What the control API says, in the API's own words. The node checks its replies against the same shapes in its
 * tests. Every text in them that a record, an agent or a caller wrote is data of a third party.
 */

export type RoleName = 'owner' | 'approver' | 'operator' | 'auditor'

export interface Me {
  readonly person: { readonly id: string; readonly name: string }
  readonly organization: { readonly id: string; readonly name: string }
  readonly roles: readonly RoleName[]
  readonly by: 'session' | 'token'
}

export interface Person {
  readonly id: string
  readonly name: string
  /** None: the person has no access. */
  readonly roles: readonly RoleName[]
}

/** A link that signs a person in once. */
export interface SignInLink {
  readonly signInLink: string
  readonly expires: string
}

/** Where a person goes to sign in to a server. */
export interface SignInAddress {
  readonly url: string
  readonly expires: string
}

export interface SignInStatus {
  /** The record asks for a sign-in. */
  readonly wanted: boolean
  readonly signedIn: boolean
  readonly forEveryone: boolean
  readonly scopes: readonly string[]
  readonly since?: string
  readonly expires?: string
}

/** What to register: a live address, or a command that the node starts and keeps. */
export interface Registration {
  readonly url?: string
  readonly command?: {
    readonly program: string
    readonly args: readonly string[]
    readonly env?: Readonly<Record<string, string>>
  }
  readonly slug?: string
  /** Credentials that the agent asks for; they go to the vault of the node. */
  readonly secrets?: readonly { readonly header: string; readonly value: string }[]
  readonly headersFor?: 'me' | 'everyone'
}

export interface RecordSummary {
  readonly id: string
  readonly slug: string
  readonly title: string
  readonly kind: AgentRecord['kind']
  readonly version: string
  readonly digest: string
  readonly state: RecordState
  readonly protocols: readonly Protocol[]
  readonly tools: number
  /** Capabilities whose proposed profile nobody has accepted yet. */
  readonly proposals: number
  /** Capabilities whose definition changed upstream and that are therefore stopped. */
  readonly held: number
  /** How it answers. */
  readonly liveness?: LivenessState
  readonly tier?: 'low' | 'medium' | 'high'
  readonly certified: boolean
  readonly updated: string
}

export interface RecordList {
  readonly records: readonly RecordSummary[]
  readonly next?: string
}

export interface CapabilityView {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly profile: Profile
  readonly proposal?: Profile
  readonly accepted: boolean
  readonly held: boolean
  /** `before` null: the upstream serves something new; `after` null: it no longer serves it. */
  readonly change?: { readonly before: unknown; readonly after: unknown }
}

export interface Check {
  readonly id: string
  readonly ok: boolean
  readonly what: string
}

export interface RecordVersion {
  readonly version: string
  readonly digest: string
  readonly state: RecordState
  readonly created: string
}

/** How a record stands: whether it answers, and serves what was accepted. */
export type LivenessState = 'unknown' | 'alive' | 'failing' | 'dead' | 'differs'

export interface InterfaceLiveness {
  readonly protocol: Protocol
  readonly transport: string
  readonly url: string
  readonly state: Exclude<LivenessState, 'differs'>
  readonly asked?: string
  readonly answered?: string
  readonly problem?: string
  /** From 0 to 1. */
  readonly availability24h?: number
  readonly availability7d?: number
  readonly latencyP50Ms?: number
  readonly latencyP95Ms?: number
}

export interface RecordLiveness {
  readonly state: LivenessState
  readonly since?: string
  readonly answered?: string
  readonly interfaces: readonly InterfaceLiveness[]
  /** Ids of capabilities. */
  readonly differs: readonly string[]
}

export interface RecordView {
  /** Domains it names or answers at; `claimed`: its organisation has not proved them. */
  readonly claims: readonly { readonly domain: string; readonly state: 'proved' | 'claimed' }[]
  /** Bill of materials, each with what the node knows of that very version. */
  readonly supplies: readonly {
    readonly kind: string
    readonly name: string
    readonly version?: string
    readonly digest?: string
    readonly state?: RecordState
  }[]
  readonly takedown?: { readonly reason: string; readonly since: string }
  readonly summary: RecordSummary
  /** The draft, where there is one, else the version in force. */
  readonly record: AgentRecord
  readonly digest: string
  readonly state: RecordState
  /** A draft waits, alone or beside the version in force. */
  readonly draft: boolean
  readonly versions: readonly RecordVersion[]
  readonly rulings: readonly SignedRuling[]
  readonly capabilities: readonly CapabilityView[]
  /** Id of the ruling that certifies the version. */
  readonly certificate?: { readonly ruling: string; readonly expires?: string }
  readonly checks?: readonly Check[]
  /** Things an operator should know of how the agent described itself. */
  readonly remarks: readonly string[]
  readonly liveness?: RecordLiveness
  readonly certificates?: readonly {
    readonly serial: string
    readonly usage: string
    readonly notAfter: string
  }[]
  readonly keys?: readonly { readonly key: string; readonly state: string; readonly since: string }[]
  readonly domains?: readonly { readonly domain: string; readonly proved: string }[]
}

export type RecordStep = 'submit' | 'activate' | 'suspend' | 'reinstate' | 'retire'

export interface Certification {
  readonly certified: boolean
  readonly checks: readonly Check[]
  readonly ruling?: SignedRuling
}

export interface Probe {
  readonly reachable: boolean
  readonly problem?: string
  readonly changes: readonly unknown[]
}

export interface Recalled {
  readonly ruling: SignedRuling
  readonly stopped: number
  readonly acts: readonly string[]
  readonly tookMs: number
}

export interface MandateView {
  readonly id: string
  readonly signed: SignedMandate
  readonly state: 'active' | 'revoked' | 'expired' | 'not-yet'
  readonly kind: 'standing' | 'task' | 'leaf'
  readonly parent?: string
  readonly children: number
  readonly tokens: number
  readonly spent: {
    readonly calls: number
    /** Bytes of arguments; 0 where the mandate does not limit them. */
    readonly bytesOut: number
    /** Minor units (cents) by ISO 4217 code, for the currencies that the mandate limits. */
    readonly money: Readonly<Record<string, number>>
  }
}

export interface NewMandate {
  readonly purpose: string
  readonly allow: readonly Allow[]
  readonly limits?: Limits
  readonly expiresInDays?: number
  readonly agent?: string
}

/** One mandate as its own page shows it: with the tokens made for it. */
export interface MandateDetail extends MandateView {
  readonly tokenList: readonly MandateToken[]
}

export interface MandateToken {
  readonly id: string
  readonly client?: string
  readonly created: string
  readonly expires?: string
  readonly state: 'active' | 'revoked' | 'expired'
}

export interface MandateList {
  readonly mandates: readonly MandateView[]
  readonly next?: string
}

/** What a client is told in its own configuration. */
export type ClientName = 'mcp-json' | 'vscode' | 'cursor' | 'a2a' | 'env'

export interface Connection {
  readonly id: string
  /** Shown once. */
  readonly token: string
  readonly mcpUrl: string
  readonly a2aUrl: string
  readonly config: string
}

export interface ActSummary {
  readonly act: string
  readonly at: string
  readonly callers: readonly string[]
  readonly target?: { readonly slug: string; readonly title: string }
  readonly capability: string
  readonly in: string
  /** `ask`: it waits for a person; `held`: it lies in the outbox; `approved`: it waited, and was approved. */
  readonly decision: 'allow' | 'ask' | 'held' | 'approved' | 'refuse'
  readonly status?: 'completed' | 'failed' | 'cancelled' | 'unknown' | 'not-observed'
  readonly reasons?: readonly Pick<Reason, 'code' | 'rule'>[]
  readonly durationMs?: number
}

export interface ActList {
  readonly acts: readonly ActSummary[]
  /** What to ask for as `before` to get older ones. */
  readonly next?: number
}

export interface NodeStatus {
  readonly version: string
  /** False: the node only observes; what would be asked or refused is performed. */
  readonly enforcing: boolean
  readonly engine: string
  readonly ledgers: readonly {
    readonly origin: string
    readonly vkey: string
    /** Of all logs of this series, oldest first. */
    readonly vkeys: readonly string[]
    readonly state: string
    readonly size: number
    readonly publishedSize: number
    /** Why it records nothing. */
    readonly reason?: string
    /** Where its key lies in a token; why that did not sign last. */
    readonly token?: { readonly reason?: string }
    /** Absent where nobody is asked to cosign. */
    readonly witnessing?: {
      /** The published checkpoint has the quorum. */
      readonly quorum: boolean
      readonly witnesses: readonly {
        readonly name: string
        readonly state: string
        /** When it cosigned last. */
        readonly cosigned?: string
      }[]
    }
  }[]
  readonly disk?: {
    readonly level: 'ok' | 'low' | 'full'
    readonly freeBytes: number
    readonly totalBytes: number
    /** At the pace of the last hours. */
    readonly fullInS?: number
  }
  readonly uptimeS: number
  readonly inFlight: number
  readonly pendingApprovals: number
}
