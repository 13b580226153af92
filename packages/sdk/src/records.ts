import type { AgentRecord, Profile, Protocol, RecordState } from '@ambit/core/record'
import type { SignedRuling } from '@ambit/core/ruling'
import type { SignedPossession } from '@ambit/core/id/key-statement'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'
import type { ImportPreview } from './formats.ts'
import { recordLifeCalls } from './record-life.ts'
import { batchCalls } from './record-batch.ts'
import type { LivenessState, RecordLiveness } from './liveness.ts'
import type { SignInClient } from './sign-ins.ts'

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
  /** Capabilities whose definition changed upstream; they cannot be called until accepted. */
  readonly held: number
  /** How it answers. */
  readonly liveness?: LivenessState
  readonly tier?: string
  readonly certified: boolean
  readonly updated: string
}

export interface CapabilityView {
  readonly id: string
  readonly name: string
  readonly description: string
  /** In force. */
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

export interface RecordView {
  readonly summary: RecordSummary
  /** The draft, where there is one, else the version in force. */
  readonly record: AgentRecord
  readonly digest: string
  readonly state: RecordState
  /** A draft waits beside the version in force. */
  readonly draft: boolean
  readonly versions: readonly {
    readonly version: string
    readonly digest: string
    readonly state: RecordState
    readonly created: string
  }[]
  readonly rulings: readonly SignedRuling[]
  readonly capabilities: readonly CapabilityView[]
  readonly certificate?: { readonly ruling: string; readonly expires?: string }
  readonly checks?: readonly Check[]
  /** Things an operator should know of how the agent described itself. */
  readonly remarks: readonly string[]
  /** Domains it names or answers at; `claimed`: its organisation has not proved them. */
  readonly claims: readonly { readonly domain: string; readonly state: 'proved' | 'claimed' }[]
  readonly warnings: readonly { readonly code: string; readonly what: string }[]
  /** Bill of materials, each with what the node knows of that very version. */
  readonly supplies: readonly {
    readonly kind: string
    readonly name: string
    readonly version?: string
    readonly digest?: string
    readonly state?: RecordState
  }[]
  /** Those who run the node took it away. */
  readonly takedown?: { readonly ruling: string; readonly reason: string; readonly since: string }
  /** When it answered last, how often and how fast. */
  readonly liveness?: RecordLiveness
  /** Certificates in force that name it. */
  readonly certificates?: readonly {
    readonly serial: string
    readonly usage: string
    readonly notAfter: string
  }[]
  /** Keys it may act with, newest first. */
  readonly keys?: readonly { readonly key: string; readonly state: string; readonly since: string }[]
  /** Domains of its provider that were proved. */
  readonly domains?: readonly { readonly domain: string; readonly proved: string }[]
  /** The IPv6 address that it has of its own. */
  readonly address?: string
}

/** What to register: a live address, or a command that the node starts (operators only). */
export interface Registration {
  readonly url?: string
  readonly command?: {
    readonly program: string
    readonly args: readonly string[]
    readonly env?: Readonly<Record<string, string>>
  }
  readonly slug?: string
  /** What it is called, in place of what it calls itself. */
  readonly name?: AgentRecord['name']
  /** An owner says that its name may resemble another one. */
  readonly confirmName?: boolean
  /** Keys of its own; each with a proof (`agentKeys.prove`) for that slug. */
  readonly keys?: readonly string[]
  readonly proofs?: readonly SignedPossession[]
  readonly version?: string
  readonly responsible?: AgentRecord['responsible']
  /** Credentials that the agent asks for; they go to the vault, never into the record. */
  readonly secrets?: readonly { readonly header: string; readonly value: string }[]
  readonly headersFor?: 'me' | 'everyone'
  readonly client?: SignInClient
  /** An ID token of yours, where an identity provider vouches for people. */
  readonly idToken?: string
}

/** The form that MCP clients keep their servers in. */
export interface McpServers {
  readonly mcpServers: Readonly<Record<string, unknown>>
}

export interface Imported {
  readonly results: readonly {
    readonly name: string
    readonly ok: boolean
    readonly slug?: string
    /** What the draft would be, where only that was asked for. Every text in it is data of a third party. */
    readonly preview?: ImportPreview
    readonly problem?: {
      readonly detail?: string
      readonly remedy?: string
      readonly [member: string]: unknown
    }
  }[]
}

export interface Acceptance {
  /** Left out: all of them. */
  readonly capabilities?: readonly string[]
  /** Profiles that the operator corrected, by capability id. */
  readonly profiles?: Readonly<Record<string, Profile>>
}

export interface Recalled {
  readonly ruling: SignedRuling
  /** Calls under way that were cancelled. */
  readonly stopped: number
  readonly acts: readonly string[]
  readonly tookMs: number
  /** What was advised, because it is made of what was recalled. */
  readonly dependants: readonly {
    readonly record: string
    readonly slug: string
    readonly ruling: string
    readonly suspended: boolean
  }[]
}

export interface RecordQuery {
  readonly search?: string
  readonly state?: RecordState
  readonly cursor?: string
}

export interface Certification {
  readonly certified: boolean
  readonly checks: readonly Check[]
  readonly ruling?: SignedRuling
}

export interface Probe {
  readonly reachable: boolean
  /** Why it is not reachable. */
  readonly problem?: string
  readonly changes: readonly {
    readonly capability: string
    readonly change: string
    readonly after: unknown
  }[]
}

/**
 * What exists: register it, look at it, take it through its life.
 *
 * @example
 * ```ts
 * const { summary } = await ambit.records.register({ url: 'http://127.0.0.1:9000/mcp' })
 * await ambit.records.accept(summary.slug)
 * await ambit.records.submit(summary.slug)
 * await ambit.records.activate(summary.slug)
 * ```
 */
export function recordCalls({ call }: Connection) {
  const step = (name: 'submit' | 'activate' | 'suspend' | 'reinstate') =>
    async function take(slug: string, note?: string, { signal }: Options = {}): Promise<RecordView> {
      const body = note === undefined ? {} : { note }
      return await call<RecordView>('POST', `${path`/api/records/${slug}`}/${name}`, { body, signal })
    }
  return {
    ...recordLifeCalls({ call }),
    ...batchCalls({ call }),
    ...upstreamCalls({ call }),
    async list(query: RecordQuery = {}, { signal }: Options = {}) {
      return await call<{ records: readonly RecordSummary[]; next?: string }>('GET', '/api/records', {
        query: { ...query },
        signal,
      })
    },
    async get(slug: string, { signal }: Options = {}) {
      return await call<RecordView>('GET', path`/api/records/${slug}`, { signal })
    },
    /** Reads a live agent or server and makes a draft of it. */
    async register(registration: Registration, { signal }: Options = {}) {
      return await call<RecordView>('POST', '/api/records/register', { body: registration, signal })
    },
    /** Registers everything a client configuration names; each entry has its own result. */
    async import(servers: McpServers, { signal }: Options = {}) {
      return await call<Imported>('POST', '/api/records/import', { body: servers, signal })
    },
    /** Brings a record to what a whole document says: a new draft, or nothing when it says the same. */
    async apply(record: unknown, { signal, confirmName }: Options & { confirmName?: boolean } = {}) {
      return await call<RecordView | { readonly unchanged: true }>('PUT', '/api/records', {
        body: record,
        ...(confirmName === true ? { query: { confirmName: 'true' } } : {}),
        signal,
      })
    },
    /** Changes members of the draft. */
    async edit(slug: string, changes: Readonly<Record<string, unknown>>, { signal }: Options = {}) {
      return await call<RecordView>('PATCH', path`/api/records/${slug}`, { body: changes, signal })
    },
    /** Puts proposed profiles and changed definitions into force. */
    async accept(slug: string, acceptance: Acceptance = {}, { signal }: Options = {}) {
      return await call<RecordView>('POST', path`/api/records/${slug}/accept`, { body: acceptance, signal })
    },
    submit: step('submit'),
    activate: step('activate'),
    suspend: step('suspend'),
    reinstate: step('reinstate'),
    /** Ends it for good and gives its name back. */
    async retire(slug: string, note?: string, { signal }: Options = {}) {
      const body = note === undefined ? {} : { note }
      const url = path`/api/records/${slug}/retire`
      return await call<{ retired: true; ruling?: SignedRuling }>('POST', url, { body, signal })
    },
    /** Stops a version, or all of them, as callee and as caller, calls under way included. */
    async recall(
      slug: string,
      recall: { version?: string; note: string; dependants?: boolean },
      { signal }: Options = {},
    ) {
      return await call<Recalled>('POST', path`/api/records/${slug}/recall`, { body: recall, signal })
    },
    async rulings(record: string, { signal }: Options = {}) {
      const query = { record }
      const reply = await call<{ rulings: readonly SignedRuling[] }>('GET', '/api/rulings', { query, signal })
      return reply.rulings
    },
  }
}

/** What is asked of the agent or server itself, and what it is asked with. */
function upstreamCalls({ call }: Pick<Connection, 'call'>) {
  return {
    /** Tests the live agent against its record; a certificate when all checks pass. */
    async certify(slug: string, { signal }: Options = {}) {
      return await call<Certification>('POST', path`/api/records/${slug}/certify`, { body: {}, signal })
    },
    /**
     * The last of what the newest program of a record wrote on its standard error, credentials hidden. Text of a third
     * party; absent when none ran since the node started. Operators only.
     */
    async errorOutput(slug: string, { signal }: Options = {}) {
      return await call<{ slug: string; text?: string }>('GET', path`/api/records/${slug}/error-output`, {
        signal,
      })
    },
    /** Asks the live agent again and holds whatever changed. */
    async probe(slug: string, { signal }: Options = {}) {
      return await call<Probe>('POST', path`/api/records/${slug}/probe`, { body: {}, signal })
    },
    async putSecret(
      slug: string,
      secret: { header: string; value: string; for: 'me' | 'everyone' },
      { signal }: Options = {},
    ) {
      await call<undefined>('PUT', path`/api/records/${slug}/secrets`, { body: secret, signal })
    },
  }
}
