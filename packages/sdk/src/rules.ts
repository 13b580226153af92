import type { Rule, RuleTerms } from '@ambit/core/rule'
import { path } from './connection.ts'
import type { Connection, Options, Page } from './connection.ts'

export type { Rule, RuleTerms } from '@ambit/core/rule'

/**
 * Rules that make decisions stricter: for what is done in your name, or, set by an owner, for everybody.
 *
 * @example
 * ```ts
 * await ambit.rules.set({
 *   scope: 'mine',
 *   target: 'shop',
 *   capability: '*',
 *   amountAbove: { currency: 'EUR', minor: 5000 },
 *   decision: 'ask',
 * })
 * ```
 */
export function ruleCalls({ call }: Connection) {
  return {
    /** Those in force, newest first. */
    async list(page: Page = {}, { signal }: Options = {}) {
      const query = { ...page }
      return await call<{ rules: readonly Rule[]; next?: string }>('GET', '/api/rules', { query, signal })
    },
    async set(terms: RuleTerms, { signal }: Options = {}) {
      return await call<Rule>('POST', '/api/rules', { body: terms, signal })
    },
    /** Needs the session of whoever made it (an owner, for one of the organisation); a token may not. */
    async remove(id: string, { signal }: Options = {}) {
      await call<{ removed: true }>('DELETE', path`/api/rules/${id}`, { signal })
    },
  }
}
