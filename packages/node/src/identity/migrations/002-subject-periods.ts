import type { Migration } from '../../store/store.ts'

/**
 * Keys for each person and half-year, and their destruction. The one key a person had before opened salts of contents
 * that this node did not keep; nothing is sealed by it.
 */
export const subjectPeriods: Migration = {
  name: '002-subject-periods',
  async up(db, types) {
    await db.schema.dropTable('subject_key').execute()
    await db.schema
      .createTable('subject_secret')
      .addColumn('person', 'text', (column) => column.notNull().references('person.id'))
      .addColumn('period', 'text', (column) => column.notNull())
      .addColumn('sealed', types.bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('subject_secret_pk', ['person', 'period'])
      .execute()
    await db.schema
      .createTable('subject_erasure')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('periods', 'text', (column) => column.notNull())
      .addColumn('tags', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('ground', 'text', (column) => column.notNull())
      .addColumn('done_by', 'text', (column) => column.notNull())
      .addColumn('begun_at', types.integer, (column) => column.notNull())
      .addColumn('log_size', types.integer, (column) => column.notNull())
      .addColumn('finished', types.integer, (column) => column.notNull())
      .execute()
    await db.schema.createIndex('subject_erasure_person').on('subject_erasure').column('person').execute()
    await db.schema
      .createTable('subject_freeze')
      .addColumn('person', 'text', (column) => column.primaryKey().references('person.id'))
      .addColumn('ground', 'text', (column) => column.notNull())
      .addColumn('done_by', 'text', (column) => column.notNull())
      .addColumn('frozen_at', types.integer, (column) => column.notNull())
      .execute()
  },
}
