import { actCalls } from './acts.ts'
import { agentKeyCalls } from './agent-keys.ts'
import { approvalCalls } from './approvals.ts'
import { backupCalls } from './backups.ts'
import { certificateCalls } from './certificates.ts'
import { channelCalls } from './channels.ts'
import { chainCalls } from './chains.ts'
import { connectionCalls } from './connections.ts'
import { consentCalls } from './consents.ts'
import { openConnection } from './connection.ts'
import type { ConnectionOptions, Options } from './connection.ts'
import { addressCalls } from './addresses.ts'
import { domainCalls } from './domains.ts'
import { feedCalls } from './feed.ts'
import { formatCalls } from './formats.ts'
import { livenessCalls } from './liveness.ts'
import { logCalls } from './logs.ts'
import { mandateCalls } from './mandates.ts'
import { outboxCalls } from './outbox.ts'
import { organizationCalls } from './organizations.ts'
import { passkeyCalls } from './passkeys.ts'
import { peopleCalls } from './people.ts'
import { planCalls } from './plans.ts'
import { recordCalls } from './records.ts'
import { scanCalls } from './scans.ts'
import { sessionCalls } from './sessions.ts'
import { ruleCalls } from './rules.ts'
import { signInCalls } from './sign-ins.ts'
import { standingApprovalCalls } from './standing-approvals.ts'
import { stopCalls } from './stops.ts'
import { takedownCalls } from './takedowns.ts'
import { transferCalls } from './transfers.ts'
import { witnessCalls } from './witness.ts'

export interface NodeStatus {
  readonly version: string
  /** False: the node only observes; what would be asked or refused is performed. */
  readonly enforcing: boolean
  /** What everybody who looks at the node should know. */
  readonly warnings: readonly string[]
  readonly engine: string
  readonly ledgers: readonly {
    readonly origin: string
    /** The key that receipts of this log are checked with. */
    readonly vkey: string
    /** Of all logs of this series, oldest first: receipts of logs that ended are checked with them. */
    readonly vkeys: readonly string[]
    /** Of ML-DSA-44; receipts can be checked with either. */
    readonly secondVkey?: string
    readonly state: string
    readonly reason?: string
    readonly size: number
    readonly publishedSize: number
    /** The token that holds the key of the log that is written now; absent where that key lies in its folder. */
    readonly token?: {
      readonly token: string
      /** How long the signature that is under way has taken. */
      readonly waitingMs: number
      /** Why it did not sign last. */
      readonly reason?: string
    }
    /** Absent where nobody is asked to cosign. */
    readonly witnessing?: {
      /** Whether the published checkpoint carries the quorum. */
      readonly quorum: boolean
      readonly required: boolean
      readonly witnesses: readonly {
        readonly name: string
        readonly url: string
        readonly state: 'new' | 'good' | 'failing' | 'resting'
        readonly size: number
        readonly cosigned?: string
        readonly reason?: string
      }[]
    }
  }[]
  readonly uptimeS: number
  readonly inFlight: number
  /** Below `reserveBytes` no act begins; `fullInS`: when that is, if it goes on like this. */
  readonly disk: {
    readonly level: 'ok' | 'low' | 'full'
    readonly freeBytes: number
    readonly totalBytes: number
    readonly reserveBytes: number
    readonly fullInS?: number
  }
  /** Upstreams to which nothing is sent for now, because they failed again and again. */
  readonly upstreams: readonly {
    readonly record: string
    readonly state: 'closed' | 'open' | 'half-open'
    readonly failures: number
    readonly reason?: string
    readonly retryAfterMs: number
  }[]
  readonly pendingApprovals: number
}

/** What the node says as it happens: `approval` {id, state}, `record` {slug}, `ruling` {kind, record}, `mandate` {id}, `feed` {}. */
export interface NodeEvent {
  readonly event: string
  readonly data: unknown
}

/** A node, by its nouns. Every call takes `{ signal }` last and throws an AmbitProblem when it is refused. */
export type Ambit = ReturnType<typeof connectAmbit>

/**
 * Opens the control API of a node. Nothing is sent before the first call.
 *
 * @example
 * ```ts
 * const ambit = connectAmbit({ url: "http://localhost:7100", token: "amba_…" })
 * const { records } = await ambit.records.list({ search: 'mail' })
 * ```
 */
export function connectAmbit(options: ConnectionOptions) {
  const connection = openConnection(options)
  return {
    url: connection.url,
    records: recordCalls(connection),
    domains: domainCalls(connection),
    addresses: addressCalls(connection),
    transfers: transferCalls(connection),
    takedowns: takedownCalls(connection),
    formats: formatCalls(connection),
    agentKeys: agentKeyCalls(connection),
    mandates: mandateCalls(connection),
    chains: chainCalls(connection),
    rules: ruleCalls(connection),
    stops: stopCalls(connection),
    liveness: livenessCalls(connection),
    logs: logCalls(connection),
    approvals: approvalCalls(connection),
    plans: planCalls(connection),
    standingApprovals: standingApprovalCalls(connection),
    acts: actCalls(connection),
    feed: feedCalls(connection),
    outbox: outboxCalls(connection),
    people: peopleCalls(connection),
    organizations: organizationCalls(connection),
    scans: scanCalls(connection),
    sessions: sessionCalls(connection),
    passkeys: passkeyCalls(connection),
    certificates: certificateCalls(connection),
    channels: channelCalls(connection),
    signIns: signInCalls(connection),
    connections: connectionCalls(connection),
    consents: consentCalls(connection),
    witness: witnessCalls(connection),
    backups: backupCalls(connection),
    async status({ signal }: Options = {}) {
      return await connection.call<NodeStatus>('GET', '/api/status', { signal })
    },
    /** Ends when the node closes the stream; events in between two streams are lost, so look at everything again. */
    events(stream: Options = {}): AsyncGenerator<NodeEvent> {
      return connection.events('/api/events', stream)
    },
  }
}
