import type { Migration } from '../../store/store.ts'

/** Tokens that count only with a proof by the key they belong to (RFC 9449). */
export const tokenKeys: Migration = {
  name: '004-token-keys',
  async up(db) {
    await db.schema.alterTable('mandate_token').addColumn('key', 'text').execute()
  },
}
