import type { Store } from '../store/store.ts'

interface Tables {
  organization: { id: string; name: string; created_at: number; closed_at: number | null }
}

export interface OrganizationRow {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  /** Null: it is open. */
  readonly closedAt: number | null
}

export interface OrganizationReader {
  organizations(rowsMax: number): Promise<readonly OrganizationRow[]>
  organization(id: string): Promise<OrganizationRow | undefined>
}

export interface OrganizationWriter {
  renameOrganization(id: string, name: string): Promise<boolean>
  /** Null opens it again. */
  setClosed(id: string, closedAt: number | null): Promise<boolean>
}

export function createOrganizationReader(store: Store): OrganizationReader {
  const db = store.tables<Tables>()
  return {
    async organizations(rowsMax) {
      const rows = await db.selectFrom('organization').selectAll().orderBy('id').limit(rowsMax).execute()
      return rows.map(organizationOf)
    },
    async organization(id) {
      const row = await db.selectFrom('organization').selectAll().where('id', '=', id).executeTakeFirst()
      return row && organizationOf(row)
    },
  }
}

export function createOrganizationWriter(store: Store): OrganizationWriter {
  const db = store.tables<Tables>()
  async function set(id: string, change: Partial<Tables['organization']>): Promise<boolean> {
    const query = db.updateTable('organization').set(change).where('id', '=', id).returning('id')
    return (await query.executeTakeFirst()) !== undefined
  }
  return {
    renameOrganization: async (id, name) => await set(id, { name }),
    setClosed: async (id, closedAt) => await set(id, { closed_at: closedAt }),
  }
}

function organizationOf({ id, name, created_at, closed_at }: Tables['organization']): OrganizationRow {
  return { id, name, createdAt: created_at, closedAt: closed_at }
}
