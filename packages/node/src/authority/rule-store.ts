import { Fault } from '@ambit/core/fault'
import { ruleSchema } from '@ambit/core/rule'
import type { Rule } from '@ambit/core/rule'
import { limits } from '../kernel/limits.ts'
import type { Store } from '../store/store.ts'

interface RuleTable {
  id: string
  organization: string
  person: string
  scope: string
  rule: string
  created: number
  expires: number | null
  removed: number | null
  removed_by: string | null
}

interface Tables {
  rule: RuleTable
}

export interface RuleListing {
  readonly organization: string
  /** The rules of this person and those of the organisation; left out: everybody's. */
  readonly person?: string
  /** Ids older than this one. */
  readonly before?: string
  readonly limit: number
}

export interface RuleStore {
  /** Not removed and not over. */
  active(now: number): Promise<Rule[]>
  /** Undefined where it was removed or is over. */
  find(id: string, now: number): Promise<Rule | undefined>
  /** Those in force, newest first. */
  list(listing: RuleListing, now: number): Promise<Rule[]>
  insert(rule: Rule): Promise<void>
  /** True for exactly one of those that remove it. */
  remove(id: string, at: number, by: string): Promise<boolean>
}

/** The tables are those of `mandate-store.ts`, which brings them to their newest form. */
export function createRuleStore(store: Store): RuleStore {
  const db = store.tables<Tables>()
  const inForce = (now: number) =>
    db
      .selectFrom('rule')
      .select(['id', 'rule'])
      .where('removed', 'is', null)
      .where((by) => by.or([by('expires', 'is', null), by('expires', '>', now)]))
  return {
    active: async (now) => (await inForce(now).orderBy('id').execute()).map(readRule),
    async find(id, now) {
      const row = await inForce(now).where('id', '=', id).executeTakeFirst()
      return row && readRule(row)
    },
    async list({ organization, person, before, limit }, now) {
      let query = inForce(now).where('organization', '=', organization)
      if (person !== undefined)
        query = query.where((by) => by.or([by('scope', '=', 'organization'), by('person', '=', person)]))
      if (before !== undefined) query = query.where('id', '<', before)
      const rows = await query.orderBy('id', 'desc').limit(Math.min(limit, limits.pageRowsMax)).execute()
      return rows.map(readRule)
    },
    async insert(rule) {
      const { id, organization, person, scope, created, expires } = rule
      await db
        .insertInto('rule')
        .values({
          id,
          organization,
          person,
          scope,
          rule: JSON.stringify(rule),
          created: Date.parse(created),
          expires: expires === undefined ? null : Date.parse(expires),
          removed: null,
          removed_by: null,
        })
        .execute()
    },
    async remove(id, at, by) {
      const done = await db
        .updateTable('rule')
        .set({ removed: at, removed_by: by })
        .where('id', '=', id)
        .where('removed', 'is', null)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
  }
}

function readRule({ id, rule }: Pick<RuleTable, 'id' | 'rule'>): Rule {
  const parsed = ruleSchema.safeParse(JSON.parse(rule))
  if (!parsed.success) throw new Fault('internal', { detail: 'a stored rule is not of its form', where: id })
  return parsed.data
}
