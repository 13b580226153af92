import type { Migration } from '../../store/store.ts'

export const document: Migration = {
  name: '002-document',
  async up(db) {
    await db.schema.alterTable('record_entry').addColumn('document', 'text').execute()
  },
}
