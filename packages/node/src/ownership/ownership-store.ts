import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'

/** A domain that an organisation says is its own. Times in ms. */
export interface DomainRow {
  readonly organization: string
  readonly domain: string
  readonly token: string
  readonly added_by: string
  readonly added: number
  readonly way: Way | null
  /** Since when it is proved without a break that counts; null: it is not. */
  readonly proved: number | null
  /** Since when checks of a proved one fail. */
  readonly failing: number | null
  readonly checked: number | null
  /** Not checked by itself before. */
  readonly due: number
  /** Why the last check failed. */
  readonly problem: string | null
}

/** How a proof was found. */
export type Way = 'file' | 'dns'

interface Tables {
  owned_domain: DomainRow
}

export interface OwnershipReader {
  domain(organization: string, domain: string): Promise<DomainRow | undefined>
  /** In the order of their names. */
  domains(organization: string): Promise<readonly DomainRow[]>
  proved(): Promise<readonly DomainRow[]>
  due(now: number, rowsMax: number): Promise<readonly DomainRow[]>
}

export interface OwnershipWriter {
  /** False when it is there. */
  add(row: DomainRow): Promise<boolean>
  remove(organization: string, domain: string): Promise<boolean>
  /** Takes a check that is due, so that no other replica makes it too. */
  take(row: DomainRow, due: number): Promise<boolean>
  /** Keeps what a check found, unless the domain was removed meanwhile. */
  keep(row: DomainRow): Promise<void>
}

export async function openOwnershipStore(store: Store): Promise<OwnershipReader & OwnershipWriter> {
  await store.migrate({ domain: 'ownership', steps: [init] })
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): OwnershipReader {
  const rows = () => store.tables<Tables>().selectFrom('owned_domain').selectAll()
  return {
    domain: async (organization, domain) =>
      await rows().where('organization', '=', organization).where('domain', '=', domain).executeTakeFirst(),
    domains: async (organization) =>
      await rows().where('organization', '=', organization).orderBy('domain').execute(),
    proved: async () => await rows().where('proved', 'is not', null).execute(),
    due: async (now, rowsMax) => await rows().where('due', '<=', now).orderBy('due').limit(rowsMax).execute(),
  }
}

function createWriter(store: Store): OwnershipWriter {
  const db = store.tables<Tables>()
  return {
    async add(row) {
      const added = await db
        .insertInto('owned_domain')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organization', 'domain']).doNothing())
        .executeTakeFirst()
      return Number(added.numInsertedOrUpdatedRows ?? 0) === 1
    },
    async remove(organization, domain) {
      const gone = await db
        .deleteFrom('owned_domain')
        .where('organization', '=', organization)
        .where('domain', '=', domain)
        .executeTakeFirst()
      return Number(gone.numDeletedRows) === 1
    },
    async take({ organization, domain, due: before }, due) {
      const taken = await db
        .updateTable('owned_domain')
        .set({ due })
        .where('organization', '=', organization)
        .where('domain', '=', domain)
        .where('due', '=', before)
        .executeTakeFirst()
      return Number(taken.numUpdatedRows) === 1
    },
    async keep({ organization, domain, token, way, proved, failing, checked, due, problem }) {
      await db
        .updateTable('owned_domain')
        .set({ way, proved, failing, checked, due, problem })
        .where('organization', '=', organization)
        .where('domain', '=', domain)
        .where('token', '=', token)
        .execute()
    },
  }
}
