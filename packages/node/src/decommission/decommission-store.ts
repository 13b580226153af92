import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'

export interface DecommissionRow {
  readonly id: string
  readonly organization: string
  /** AIC */
  readonly record: string
  readonly slug: string
  /** JSON of the report. */
  readonly report: string
  /** JSON of what was put out of service, so that it can be looked through again. */
  readonly subject: string
  readonly at: number
}

interface Tables {
  decommission: DecommissionRow
}

export interface DecommissionReader {
  /** The newest of a record, by AIC or by the name it had. */
  newest(organization: string, slugOrId: string): Promise<DecommissionRow | undefined>
}

export interface DecommissionWriter {
  add(row: DecommissionRow): Promise<void>
}

export async function openDecommissionStore(store: Store): Promise<DecommissionReader & DecommissionWriter> {
  await store.migrate({ domain: 'decommission', steps: [init] })
  return { ...createReader(store), ...createWriter(store) }
}

function createReader(store: Store): DecommissionReader {
  return {
    newest: async (organization, slugOrId) =>
      await store
        .tables<Tables>()
        .selectFrom('decommission')
        .selectAll()
        .where('organization', '=', organization)
        .where((by) => by.or([by('record', '=', slugOrId), by('slug', '=', slugOrId)]))
        .orderBy('id', 'desc')
        .executeTakeFirst(),
  }
}

function createWriter(store: Store): DecommissionWriter {
  return {
    async add(row) {
      await store.tables<Tables>().insertInto('decommission').values(row).execute()
    },
  }
}
