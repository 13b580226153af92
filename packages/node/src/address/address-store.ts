import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'

/** An address that an agent was given. */
export interface AddressRow {
  readonly prefix: string
  /** In its one text (RFC 5952). */
  readonly address: string
  /** AIC */
  readonly record: string
  /** How many derived ones before it could not be had. */
  readonly counter: number
  /** ms */
  readonly given: number
}

interface Tables {
  agent_address: AddressRow
}

export interface AddressReader {
  all(prefix: string): Promise<readonly AddressRow[]>
  /** Those of one of the records, and those that are one of the addresses, whoever has them. */
  of(prefix: string, records: readonly string[], addresses: readonly string[]): Promise<readonly AddressRow[]>
}

export interface AddressWriter {
  /** Leaves out rows whose address, or whose record, is there already. */
  add(rows: readonly AddressRow[]): Promise<void>
}

export async function openAddressStore(store: Store): Promise<AddressReader & AddressWriter> {
  await store.migrate({ domain: 'address', steps: [init] })
  const db = store.tables<Tables>()
  const rows = () => db.selectFrom('agent_address').selectAll()
  return {
    all: async (prefix) => await rows().where('prefix', '=', prefix).execute(),
    async of(prefix, records, addresses) {
      return await rows()
        .where('prefix', '=', prefix)
        .where((each) => each.or([each('record', 'in', [...records]), each('address', 'in', [...addresses])]))
        .execute()
    },
    async add(added) {
      if (added.length === 0) return
      await db
        .insertInto('agent_address')
        .values([...added])
        .onConflict((on) => on.doNothing())
        .execute()
    },
  }
}
