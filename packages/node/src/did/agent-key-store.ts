import type { Kysely } from 'kysely'
import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'
import { aliasChecks } from './migrations/002-alias-checks.ts'

export interface KeyRow {
  /** did:key */
  readonly key: string
  /** AIC. */
  readonly agent: string
  readonly organization: string
  readonly state: 'active' | 'retired' | 'compromised'
  readonly by: 'record' | 'rotation' | 'recovery' | 'certificate'
  /** Since when it is in that state, in ms. */
  readonly since: number
  /** It speaks for the agent until then; null: until somebody ends it. */
  readonly until: number | null
  /** When it first spoke for the agent; null: named in a draft, and not yet in force. */
  readonly began: number | null
  /** Position in the registry log of the leaf of its state; null: not there yet. */
  readonly leaf: number | null
}

export interface RecoveryRow {
  readonly id: string
  readonly organization: string
  readonly agent: string
  readonly key: string
  /** Who asked for it. */
  readonly person: string
  readonly at: number
  readonly note: string | null
}

export interface AliasRow {
  readonly alias: string
  readonly agent: string
  readonly organization: string
  /** The key that the document of the alias named. */
  readonly key: string
  readonly proved: number
  /** Not looked at by itself before. */
  readonly due: number
  /** Since when its document cannot be read; null: it can. */
  readonly failing: number | null
}

/** Read at a time at the start: so few that they are gone before they count as lasting in memory. */
const pageRows = 250
/** Nine values each; PostgreSQL and SQLite take thousands. */
const rowsPerQuery = 50

interface Tables {
  agent_key: KeyRow
  agent_key_statement: { digest: string; agent: string; statement: string; at: number }
  agent_key_recovery: RecoveryRow
  agent_key_rule: { organization: string; people: number; by: string; at: number }
  agent_alias: AliasRow
}

export interface AgentKeyReader {
  /** All of them, page by page. */
  keys(): AsyncIterable<KeyRow[]>
  keysOf(agent: string): Promise<KeyRow[]>
  key(key: string): Promise<KeyRow | undefined>
  recoveries(organization: string): Promise<RecoveryRow[]>
  recovery(id: string): Promise<RecoveryRow | undefined>
  /** How many people a recovery takes. */
  peopleFor(organization: string): Promise<number>
  /** Of one agent, or of all. */
  aliases(agent?: string): Promise<AliasRow[]>
  alias(alias: string): Promise<AliasRow | undefined>
  dueAliases(now: number, rowsMax: number): Promise<AliasRow[]>
}

export interface AgentKeyWriter {
  /** False: the key is in the table already. */
  add(row: KeyRow): Promise<boolean>
  /** True for exactly one of those that take it out of one of these states. */
  end(
    key: string,
    from: readonly KeyRow['state'][],
    change: Pick<KeyRow, 'state' | 'since'>,
  ): Promise<boolean>
  /** Still active, and only until then. True for exactly one. */
  limit(key: string, until: number): Promise<boolean>
  /** They speak for their agents from `began` on; of keys that are in the table, only those that never did. */
  name(rows: readonly KeyRow[]): Promise<void>
  logged(key: string, leaf: number): Promise<void>
  /** Forgets what was only named for a record that came to nothing. */
  release(agent: string): Promise<void>
  /** False: that statement was used before. */
  addStatement(digest: string, agent: string, statement: string, at: number): Promise<boolean>
  addRecovery(row: RecoveryRow): Promise<void>
  /** True for exactly one of those that confirm it. */
  takeRecovery(id: string): Promise<boolean>
  setPeople(organization: string, people: number, by: string, at: number): Promise<void>
  /** False: it is another agent's. */
  addAlias(row: AliasRow): Promise<boolean>
  /** Takes a check that is due, so that no other replica makes it too. */
  takeAlias(row: AliasRow, due: number): Promise<boolean>
  keepAlias(alias: string, agent: string, change: Pick<AliasRow, 'due' | 'failing' | 'key'>): Promise<void>
  /** One of an agent, or all; gives how many there were. */
  dropAliases(agent: string, alias?: string): Promise<number>
}

export type AgentKeyStore = AgentKeyReader & AgentKeyWriter

export async function openAgentKeyStore(store: Store): Promise<AgentKeyStore> {
  await store.migrate({ domain: 'did', steps: [init, aliasChecks] })
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): AgentKeyReader {
  const db = store.tables<Tables>()
  const keys = () => db.selectFrom('agent_key').selectAll()
  return {
    async *keys() {
      let after = ''
      for (;;) {
        const rows = await keys().where('key', '>', after).orderBy('key').limit(pageRows).execute()
        if (rows.length > 0) yield rows
        const last = rows.at(-1)
        if (last === undefined || rows.length < pageRows) return
        after = last.key
      }
    },
    keysOf: async (agent) => await keys().where('agent', '=', agent).execute(),
    key: async (key) => await keys().where('key', '=', key).executeTakeFirst(),
    recoveries: async (organization) =>
      await db
        .selectFrom('agent_key_recovery')
        .selectAll()
        .where('organization', '=', organization)
        .orderBy('id', 'desc')
        .execute(),
    recovery: async (id) =>
      await db.selectFrom('agent_key_recovery').selectAll().where('id', '=', id).executeTakeFirst(),
    async peopleFor(organization) {
      const row = await db
        .selectFrom('agent_key_rule')
        .select('people')
        .where('organization', '=', organization)
        .executeTakeFirst()
      return row?.people ?? 1
    },
    async aliases(agent) {
      const query = db.selectFrom('agent_alias').selectAll()
      return await (agent === undefined ? query : query.where('agent', '=', agent)).execute()
    },
    alias: async (alias) =>
      await db.selectFrom('agent_alias').selectAll().where('alias', '=', alias).executeTakeFirst(),
    dueAliases: async (now, rowsMax) =>
      await db
        .selectFrom('agent_alias')
        .selectAll()
        .where('due', '<=', now)
        .orderBy('due')
        .limit(rowsMax)
        .execute(),
  }
}

function createWriter(store: Store): AgentKeyWriter {
  const db = store.tables<Tables>()
  return {
    ...createKeyWriter(store),
    ...createAliasWriter(db),
    async addStatement(digest, agent, statement, at) {
      const done = await db
        .insertInto('agent_key_statement')
        .values({ digest, agent, statement, at })
        .onConflict((conflict) => conflict.column('digest').doNothing())
        .executeTakeFirst()
      return done.numInsertedOrUpdatedRows === 1n
    },
    async addRecovery(row) {
      await db.insertInto('agent_key_recovery').values(row).execute()
    },
    async takeRecovery(id) {
      const done = await db.deleteFrom('agent_key_recovery').where('id', '=', id).executeTakeFirst()
      return done.numDeletedRows === 1n
    },
    async setPeople(organization, people, by, at) {
      await db
        .insertInto('agent_key_rule')
        .values({ organization, people, by, at })
        .onConflict((conflict) => conflict.column('organization').doUpdateSet({ people, by, at }))
        .execute()
    },
  }
}

function createAliasWriter(
  db: Kysely<Tables>,
): Pick<AgentKeyWriter, 'addAlias' | 'takeAlias' | 'keepAlias' | 'dropAliases'> {
  return {
    async addAlias(row) {
      const { alias, agent } = row
      await db
        .insertInto('agent_alias')
        .values(row)
        .onConflict((conflict) => conflict.column('alias').doNothing())
        .execute()
      const kept = await db
        .selectFrom('agent_alias')
        .select('agent')
        .where('alias', '=', alias)
        .executeTakeFirst()
      return kept?.agent === agent
    },
    async takeAlias({ alias, agent, due: before }, due) {
      const done = await db
        .updateTable('agent_alias')
        .set({ due })
        .where('alias', '=', alias)
        .where('agent', '=', agent)
        .where('due', '=', before)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async keepAlias(alias, agent, change) {
      await db
        .updateTable('agent_alias')
        .set(change)
        .where('alias', '=', alias)
        .where('agent', '=', agent)
        .execute()
    },
    async dropAliases(agent, alias) {
      const query = db.deleteFrom('agent_alias').where('agent', '=', agent)
      const done = await (alias === undefined ? query : query.where('alias', '=', alias)).executeTakeFirst()
      return Number(done.numDeletedRows)
    },
  }
}

function createKeyWriter(
  store: Store,
): Pick<AgentKeyWriter, 'add' | 'end' | 'limit' | 'name' | 'logged' | 'release'> {
  const db = store.tables<Tables>()
  return {
    async add(row) {
      const done = await db
        .insertInto('agent_key')
        .values(row)
        .onConflict((conflict) => conflict.column('key').doNothing())
        .executeTakeFirst()
      return done.numInsertedOrUpdatedRows === 1n
    },
    async end(key, from, change) {
      const done = await db
        .updateTable('agent_key')
        .set({ ...change, leaf: null })
        .where('key', '=', key)
        .where('state', 'in', from)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async limit(key, until) {
      const done = await db
        .updateTable('agent_key')
        .set({ until })
        .where('key', '=', key)
        .where('state', '=', 'active')
        .where('until', 'is', null)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
    async name(rows) {
      await store.transaction<Tables, void>(async (tx) => {
        for (let from = 0; from < rows.length; from += rowsPerQuery) {
          await tx
            .insertInto('agent_key')
            .values(rows.slice(from, from + rowsPerQuery))
            .onConflict((conflict) =>
              conflict
                .column('key')
                .doUpdateSet((row) => ({
                  began: row.ref('excluded.began'),
                  since: row.ref('excluded.since'),
                  leaf: row.ref('excluded.leaf'),
                }))
                .where('agent_key.began', 'is', null)
                .where('agent_key.state', '=', 'active')
                .whereRef('agent_key.agent', '=', 'excluded.agent'),
            )
            .execute()
        }
      })
    },
    async logged(key, leaf) {
      await db.updateTable('agent_key').set({ leaf }).where('key', '=', key).execute()
    },
    async release(agent) {
      await db
        .deleteFrom('agent_key')
        .where('agent', '=', agent)
        .where('began', 'is', null)
        .where('state', '=', 'active')
        .execute()
    },
  }
}
