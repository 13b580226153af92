import type { Decision } from '@ambit/core/decision'
import type { Bus } from '../bus/bus.ts'
import { organizationSubject } from '../identity/identity.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../kernel/log.ts'
import type { Authentication } from './authority.ts'
import type { MandateBook } from './mandate-book.ts'
import { reason } from './reasons.ts'

/** Ids in one call of the gateway. */
const idsPerStopMax = 1000

const tokenRefused = {
  ok: false,
  code: 'auth.revoked',
  detail: 'the organisation of the token is closed on this node',
} as const satisfies Authentication

/** A token of a closed organisation opens nothing, not even a list of tools. */
export function unlessClosed(identity: Pick<Identity, 'isClosed'>, found: Authentication): Authentication {
  return found.ok && identity.isClosed(found.holder.organization) ? tokenRefused : found
}

/** The decision on every act of a closed organisation. */
export function closedDecision(organization: string): Decision {
  return { class: 'refuse', reasons: [reason('organization.closed', organization)], obligations: [] }
}

export interface ClosingParts {
  readonly book: MandateBook
  readonly bus: Bus
  readonly log: Log
  readonly stop: (ids: readonly string[]) => Promise<number>
}

/** Ends what is under way for an organisation when it is closed; the returned function ends listening. */
export function stopWhenClosed({ book, bus, log, stop }: ClosingParts): () => void {
  async function end(organization: string): Promise<void> {
    const roots = [...book.entries()].filter(
      ({ body, parent }) => parent === undefined && body.organization === organization,
    )
    const ids = roots.map(({ body }) => body.id)
    for (let from = 0; from < ids.length; from += idsPerStopMax) {
      await stop(ids.slice(from, from + idsPerStopMax))
    }
  }
  return bus.subscribe(organizationSubject, ({ id, closed }) => {
    if (typeof id !== 'string' || closed !== true) return
    end(id).catch((error: unknown) => log.error('organization.not-stopped', { id, error: String(error) }))
  })
}
