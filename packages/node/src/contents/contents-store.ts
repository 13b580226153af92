import { Fault } from '@ambit/core/fault'
import type { Store } from '../store/store.ts'
import { isWhole, readHead } from './block.ts'
import { init } from './migrations/001-init.ts'
import type { ContentShelf, FoundBlock } from './shelf.ts'

interface Tables {
  contents_block: {
    writer: string
    place: number
    subject: string
    first_at: number
    last_at: number
    bytes: Uint8Array
  }
}

/** Rows of one statement: each has six values, and PostgreSQL takes 65,535 of them. */
const rowsPerInsert = 1000
/** As for files: contents are timed when they come. */
const disorderMs = 60_000

/** Blocks as rows, which every replica on the store can open. `writer` names this process. */
export async function openStoreShelf(
  store: Store,
  writer: string,
  onDamage: (fault: Fault) => void,
): Promise<ContentShelf> {
  await store.migrate({ domain: 'contents', steps: [init] })
  const db = store.tables<Tables>()
  let place = 0
  return {
    async append(blocks) {
      const rows = blocks.map(({ keys, first, last, bytes }, at) => ({
        writer,
        place: place + at,
        subject: keys.tag.toString('hex'),
        first_at: first,
        last_at: last,
        bytes,
      }))
      try {
        await store.transaction<Tables, void>(async (tx) => {
          for (let at = 0; at < rows.length; at += rowsPerInsert) {
            // A statement whose answer was lost may have been carried out: then the rows are there already.
            await tx
              .insertInto('contents_block')
              .values(rows.slice(at, at + rowsPerInsert))
              .onConflict((conflict) =>
                conflict.columns(['writer', 'place']).doUpdateSet((to) => ({
                  subject: to.ref('excluded.subject'),
                  first_at: to.ref('excluded.first_at'),
                  last_at: to.ref('excluded.last_at'),
                  bytes: to.ref('excluded.bytes'),
                })),
              )
              .execute()
          }
        })
        place += rows.length
      } catch (error) {
        throw new Fault('contents.failed', {
          detail: 'the store did not take the contents of acts',
          cause: error,
        })
      }
    },
    async find(subject, from, to) {
      const rows = await db
        .selectFrom('contents_block')
        .select(['writer', 'place', 'bytes'])
        .where('subject', '=', Buffer.from(subject).toString('hex'))
        .where('last_at', '>=', from - disorderMs)
        .where('first_at', '<=', to + disorderMs)
        .orderBy('first_at')
        .orderBy('place')
        .execute()
      const blocks: FoundBlock[] = []
      for (const row of rows) {
        const bytes = Buffer.from(row.bytes)
        const head = readHead(bytes, 0)
        if (head !== undefined && isWhole(bytes, head)) blocks.push({ head, bytes })
        else {
          const where = `contents_block ${row.writer} ${row.place}`
          onDamage(new Fault('contents.damaged', { detail: 'the row holds no block that is whole', where }))
        }
      }
      return { blocks, damaged: blocks.length < rows.length }
    },
    async erase(subjects) {
      let count = 0
      for (const subject of subjects) {
        const { numDeletedRows } = await db
          .deleteFrom('contents_block')
          .where('subject', '=', subject)
          .executeTakeFirst()
        count += Number(numDeletedRows)
      }
      await store.scrub()
      return count
    },
    async prune(before) {
      await db.deleteFrom('contents_block').where('last_at', '<', before).execute()
    },
    close: async () => undefined,
  }
}
