import type { AgentIdentity } from '../src/api/agent-keys.ts'
import { aicOf } from './fake-records.ts'
import type { FakeRecord } from './fake-records.ts'

const key = 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH'

/** What hangs on a record beside itself: its keys and what people said of it; undefined: nothing of that name. */
export function hanging(fake: FakeRecord, verb: string | undefined): unknown {
  if (verb === 'comments') return { comments: [] }
  if (verb !== 'keys') return undefined
  const identity: AgentIdentity = {
    agent: aicOf(fake),
    slug: fake.slug,
    dids: [`did:web:localhost:agents:${fake.slug}`],
    aliases: [],
    keys: [
      {
        key,
        state: 'active',
        since: fake.updated,
        by: 'record',
        speaks: fake.state === 'active',
        kept: true,
      },
    ],
  }
  return identity
}

/** Proofs and rules of the organisation: none yet. */
const none: Readonly<Record<string, unknown>> = {
  certificates: { certificates: [], trustBundle: '' },
  'agent-keys': { people: 1, waiting: [] },
  review: { twoPeople: false },
  transfers: { transfers: [] },
  domains: { domains: [] },
  takedowns: { takedowns: [] },
}

export function proofs(noun: string): { readonly body: unknown } {
  return { body: none[noun] }
}
