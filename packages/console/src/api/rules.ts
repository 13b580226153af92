import type { Rule, RuleTerms } from '@ambit/core/rule'
import { call } from './call.ts'

export type { Rule, RuleTerms } from '@ambit/core/rule'

export interface RuleList {
  readonly rules: readonly Rule[]
  readonly next?: string
}

/** Rules shown at a time. */
const rulesPerPage = 100

/** One's own and those of the organisation, the newest first; everybody's for owners and auditors. */
export async function listRules(cursor: string | undefined, signal: AbortSignal): Promise<RuleList> {
  return await call<RuleList>('GET', '/rules', { query: { cursor, limit: rulesPerPage }, signal })
}

export async function setRule(terms: RuleTerms): Promise<Rule> {
  return await call<Rule>('POST', '/rules', { body: terms })
}

export async function removeRule(id: string): Promise<void> {
  await call('DELETE', `/rules/${encodeURIComponent(id)}`)
}
