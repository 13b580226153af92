import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { Backups } from './backup.ts'

const stateSchema = z.strictObject({
  name: z.string(),
  state: z.enum(['running', 'done', 'failed']),
  files: z.number(),
  bytes: z.number(),
  reason: z.string().optional(),
})

/** Copies of the whole node, in the one folder that the node may write them to. */
export function backupRoutes(backups: Backups): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/backups',
      summary:
        'Begins a backup of the whole node into the folder AMBIT_BACKUPS; it goes on while the node works.',
      access: ['owner'],
      nodeOnly: true,
      status: 202,
      reply: z.strictObject({ folder: z.string(), backup: stateSchema }),
      handle: async () => ({ body: { folder: backups.folder, backup: backups.begin() } }),
    }),
    route({
      method: 'GET',
      path: '/api/backups',
      summary: 'Lists the backups there are, newest first, and how far the one begun last has come.',
      access: ['owner', 'operator'],
      nodeOnly: true,
      reply: z.strictObject({
        folder: z.string(),
        names: z.array(z.string()),
        last: stateSchema.optional(),
      }),
      async handle() {
        const last = backups.last()
        return {
          body: {
            folder: backups.folder,
            names: [...(await backups.names())],
            ...(last === undefined ? {} : { last }),
          },
        }
      },
    }),
  ]
}
