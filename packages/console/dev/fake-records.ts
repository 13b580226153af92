import { createHash } from 'node:crypto'
import type { AgentRecord, Capability, Profile, RecordState } from '@ambit/core/record'
import type { RulingKind, SignedRuling } from '@ambit/core/ruling'
import type { CapabilityView, Check, RecordSummary, RecordVersion, RecordView } from '../src/api/types.ts'

export function fakeDigest(text: string): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

const strictest: Profile = { effect: 'egress', reversibility: 3, roles: {}, integrity: {}, dataClasses: [] }

/** A tool in short: what it is called, what it says of itself, what it does. */
export interface FakeTool {
  readonly id: string
  readonly says: string
  readonly profile: Profile
  /** False: the profile is only proposed. */
  readonly accepted?: boolean
  readonly change?: { readonly before: unknown; readonly after: unknown }
}

export interface FakeRecord {
  readonly slug: string
  readonly en: string
  readonly zh?: string
  readonly says: string
  readonly kind: AgentRecord['kind']
  readonly protocol: 'mcp' | 'a2a' | 'aip'
  readonly version: string
  readonly responsible: string
  readonly updated: string
  readonly tier?: 'low' | 'medium' | 'high'
  readonly checks?: readonly Check[]
  readonly certifiedUntil?: string
  readonly history: readonly { readonly kind: RulingKind; readonly at: string; readonly note?: string }[]
  state: RecordState
  tools: FakeTool[]
}

export function profile(
  effect: Profile['effect'],
  reversibility: Profile['reversibility'],
  roles: Profile['roles'] = {},
): Profile {
  return { effect, reversibility, roles, integrity: {}, dataClasses: [] }
}

export function summaryOf(fake: FakeRecord): RecordSummary {
  return {
    id: aicOf(fake),
    slug: fake.slug,
    title: fake.en,
    kind: fake.kind,
    version: fake.version,
    digest: fakeDigest(fake.slug + fake.version),
    state: fake.state,
    protocols: [fake.protocol],
    tools: fake.tools.length,
    proposals: fake.tools.filter((tool) => tool.accepted === false).length,
    held: fake.tools.filter((tool) => tool.change !== undefined).length,
    ...(fake.tier === undefined ? {} : { tier: fake.tier }),
    certified: fake.certifiedUntil !== undefined,
    updated: fake.updated,
  }
}

export function viewOf(fake: FakeRecord): RecordView {
  const summary = summaryOf(fake)
  const versions: RecordVersion[] = [
    { version: fake.version, digest: summary.digest, state: fake.state, created: fake.updated },
  ]
  return {
    summary,
    record: recordOf(fake),
    digest: summary.digest,
    state: fake.state,
    draft: fake.state === 'draft',
    versions: fake.state === 'draft' ? [] : versions,
    rulings: fake.history.map((entry, at) => rulingOf(fake, entry, at)),
    capabilities: fake.tools.map(capabilityOf),
    ...(fake.checks === undefined ? {} : { checks: fake.checks }),
    ...(fake.certifiedUntil === undefined
      ? {}
      : { certificate: { ruling: `rul_${fake.slug}`, expires: fake.certifiedUntil } }),
    claims: [],
    supplies: [],
    remarks:
      fake.state === 'draft' ? ['The description was cut, because it is longer than a record holds.'] : [],
  }
}

export function rulingOf(
  fake: FakeRecord,
  entry: { kind: RulingKind; at: string; note?: string },
  at: number,
): SignedRuling {
  return {
    body: {
      v: 1,
      type: 'ruling',
      id: `rul_${fake.slug}_${at}`,
      kind: entry.kind,
      subject: { record: aicOf(fake), digests: [fakeDigest(fake.slug + fake.version)] },
      by: 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH',
      ...(entry.kind === 'certificate' || entry.kind === 'test-report' ? {} : { person: 'per_01hzx3' }),
      basis: [],
      evidence: [],
      ...(entry.note === undefined ? {} : { note: entry.note }),
      notBefore: entry.at,
    },
    signature: { alg: 'ed25519', key: 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH', value: '' },
  }
}

export function aicOf(fake: FakeRecord): string {
  const serial = createHash('sha256').update(fake.slug).digest('hex').slice(0, 9).toUpperCase()
  return `1.2.156.3088.0001.00001.A1B2C3.${serial}.1.7F3K`
}

function capabilityOf(tool: FakeTool): CapabilityView {
  const accepted = tool.accepted ?? true
  return {
    id: tool.id,
    name: tool.id,
    description: tool.says,
    profile: accepted ? tool.profile : strictest,
    ...(accepted ? {} : { proposal: tool.profile }),
    accepted,
    held: tool.change !== undefined,
    ...(tool.change === undefined ? {} : { change: tool.change }),
  }
}

function recordOf(fake: FakeRecord): AgentRecord {
  return {
    v: 1,
    id: aicOf(fake),
    aliases: [],
    slug: fake.slug,
    kind: fake.kind,
    organization: 'main',
    version: fake.version,
    name: { en: fake.en, ...(fake.zh === undefined ? {} : { zh: fake.zh }) },
    description: { en: fake.says },
    provider: { organization: 'Harbour Works', country: 'CN', domains: ['harbour.example'] },
    responsible: { name: fake.responsible, contact: 'operations@harbour.example' },
    interfaces: [
      {
        protocol: fake.protocol,
        version: fake.protocol === 'mcp' ? '2026-07-28' : '1.0',
        url: `https://${fake.slug}.harbour.example/${fake.protocol}`,
        transport: fake.protocol === 'mcp' ? 'streamable-http' : 'jsonrpc',
        security: [],
      },
    ],
    deployment: { where: 'cloud', jurisdiction: 'CN' },
    capabilities: fake.tools.map((tool): Capability => ({
      id: tool.id,
      name: tool.id,
      description: tool.says,
      inputSchema: {
        type: 'object',
        properties: Object.fromEntries(
          Object.keys(tool.profile.roles).map((name) => [name, { type: 'string' }]),
        ),
      },
      definition: fakeDigest(tool.id + tool.says),
      profile: tool.profile,
      modes: [],
    })),
    places: [],
    scenarios: [],
    supplies: [],
    keys: [],
    evidence: [],
  }
}
