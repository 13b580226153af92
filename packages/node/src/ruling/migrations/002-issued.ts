import type { Migration } from '../../store/store.ts'

/** The newest ruling is asked for before each one that is made, and all of them are read in their order at the start. */
export const issued: Migration = {
  name: '002-issued',
  async up(db) {
    await db.schema.createIndex('ruling_issued').on('ruling').columns(['issued', 'id']).execute()
  },
}
