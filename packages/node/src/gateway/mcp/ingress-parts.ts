import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { Keyring } from '../../kernel/keyring.ts'
import type { Log } from '../../kernel/log.ts'
import type { Gateway } from '../gateway.ts'
import type { Planning } from '../planning.ts'
import type { Views } from './names/view.ts'
import type { Waits } from './legacy/following.ts'
import type { Operations } from './operations/operation-request.ts'
import type { Hub } from './subscriptions/hub.ts'

/** Waits for what people decide. */
export interface Decisions {
  /** Of calls that are open meanwhile: shorter than clients wait for an answer. */
  readonly soon: Waits
  /** Of clients that will make the call again: as long as a person has. */
  readonly later: Waits
  /** Those who wait are told to call again. */
  close(): void
}

/** What the ingresses of both eras work with. */
export interface IngressParts {
  readonly gateway: Gateway
  readonly views: Views
  readonly operations: Operations
  /** Left out: no plans are taken; then no view shows the tool for them. */
  readonly planning?: Planning
  readonly hub: Hub
  /** For clients of 2025-11-25 that are sent to an address within a call; left out: they are told to call again. */
  readonly decisions?: Decisions
  readonly clock: Clock
  readonly ids: Ids
  readonly keyring: Keyring
  readonly log: Log
  readonly serverInfo: { readonly name: string; readonly version: string }
  /** Tells when records, rulings or mandates changed; returns what stops it. */
  onChange(listener: () => void): () => void
}
