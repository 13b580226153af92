import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { Keyring } from '../../kernel/keyring.ts'
import type { Log } from '../../kernel/log.ts'
import type { Gateway } from '../gateway.ts'
import type { Views } from './names/view.ts'
import type { Operations } from './operations/operation-request.ts'
import type { Hub } from './subscriptions/hub.ts'

/** What the ingresses of both eras work with. */
export interface IngressParts {
  readonly gateway: Gateway
  readonly views: Views
  readonly operations: Operations
  readonly hub: Hub
  readonly clock: Clock
  readonly ids: Ids
  readonly keyring: Keyring
  readonly log: Log
  readonly serverInfo: { readonly name: string; readonly version: string }
  /** Tells when records, rulings or mandates changed; returns what stops it. */
  onChange(listener: () => void): () => void
}
