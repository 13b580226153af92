import type { Suspended } from './approval.ts'

export const digest = `sha256:${'0'.repeat(64)}` as const

/** A transfer of money that waits for a person. */
export const transfer: Suspended = {
  act: 'a1',
  at: 0,
  trace: 't1',
  holder: 'did:key:z1',
  organization: 'main',
  subject: 'p_ann',
  callers: ['did:key:z1', 'p_ann'],
  links: ['m_1', 'leaf_1'],
  chain: digest,
  target: digest,
  targetSlug: 'bank',
  targetTitle: 'Bank',
  capability: 'transfer',
  capabilityTitle: 'transfer',
  definition: digest,
  effect: 'pay',
  reversibility: 3,
  arguments: { to: 'bob', secretWord: 'hunter2' },
  protocolIn: 'mcp/2026-07-28',
  reasons: [],
}
