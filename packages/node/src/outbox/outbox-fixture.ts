import type { IntentLeaf, Leaf, OutcomeLeaf } from '@ambit/core/leaf'
import type { Profile } from '@ambit/core/record'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { JournalRow } from './journal-row.ts'

export const digest = `sha256:${'0'.repeat(64)}` as const
export const at = Date.UTC(2026, 10, 21, 12)

/** A hexadecimal id of an act that began so long after noon. */
export function actId(offsetMs: number): string {
  return (at + offsetMs).toString(16).padStart(12, '0') + '0'.repeat(20)
}

const creating: Profile = {
  effect: 'write',
  reversibility: 0,
  roles: {},
  integrity: {},
  dataClasses: [],
  inverse: { capability: 'delete_note', arguments: { id: { from: 'result', path: 'id' } } },
}

export function aCapability(id: string, profile: Partial<Profile>): TargetCapability {
  return {
    id,
    definition: digest,
    profile: { effect: 'write', reversibility: 2, roles: {}, integrity: {}, dataClasses: [], ...profile },
    accepted: true,
    held: false,
    served: { name: id },
  }
}

export function aTarget(capabilities: readonly TargetCapability[]): Target {
  return {
    id: '1.2.156.3088.1.1.1.1.1.0000',
    slug: 'notes',
    organization: 'main',
    kind: 'tool-server',
    digest,
    version: '1.0.0',
    state: 'active',
    ruling: undefined,
    title: 'Notes',
    interfaces: [],
    capabilities: new Map(capabilities.map((capability) => [capability.id, capability])),
  }
}

export const notes = aTarget([
  aCapability('create_note', creating),
  aCapability('delete_note', { reversibility: 2 }),
  aCapability('send', { effect: 'egress', reversibility: 3 }),
  aCapability('list', { effect: 'read', reversibility: 0 }),
])

export function anIntent(act: string, more: Partial<IntentLeaf> = {}): IntentLeaf {
  return {
    v: 1,
    kind: 'act.intent',
    at: new Date(Number.parseInt(act.slice(0, 12), 16)).toISOString(),
    act,
    trace: act,
    callers: ['did:key:zAgent', 'p_ann'],
    links: ['m_1', 'leaf_1'],
    chain: digest,
    target: digest,
    capability: 'create_note',
    definition: digest,
    in: 'mcp/x',
    out: 'mcp/x',
    arguments: digest,
    labels: { integrity: 0, confidentiality: 2 },
    rulings: 1,
    decision: 'allow',
    ...more,
  }
}

export function anOutcome(act: string, status: OutcomeLeaf['status'] = 'completed'): Leaf {
  return { v: 1, kind: 'act.outcome', at: new Date(at + 1000).toISOString(), act, status, durationMs: 5 }
}

export function aRow(act: string, more: Partial<JournalRow> = {}): JournalRow {
  return {
    act,
    organization: 'main',
    person: 'p_ann',
    agent: 'did:key:zAgent',
    trace: act,
    at: Number.parseInt(act.slice(0, 12), 16),
    ended: at + 1000,
    target: digest,
    slug: 'notes',
    capability: 'create_note',
    effect: 'write',
    reversibility: 0,
    links: '["m_1","leaf_1"]',
    decision: 'alone',
    approval: null,
    decided_by: null,
    due: null,
    state: 'done',
    reason: null,
    inverse: JSON.stringify(creating.inverse),
    undo_until: at + 86_400_000,
    undoes: null,
    undo_state: null,
    undo_at: null,
    undone_by: null,
    ...more,
  }
}
