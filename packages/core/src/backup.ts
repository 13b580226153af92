import { z } from 'zod'
import { digestSchema } from './record.ts'

/** A path inside a backup: relative, with `/`, never upwards. */
const pathSchema = z
  .string()
  .min(1)
  .max(1000)
  .refine(
    (path) => !path.startsWith('/') && !path.includes('\\') && !path.includes('\0'),
    'not a relative path',
  )
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'goes upwards',
  )

/**
 * What a backup of a node holds, in its file `manifest.json`: written last, so that a backup without one is none. Files
 * lie below `data/` (the data folder) and `guard/` (how far the logs were signed when the copy began).
 */
export const backupManifestSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('ambit-backup'),
  at: z.string().max(40),
  /** Of the node that made it. */
  version: z.string().max(100),
  /** `postgres`: the rows are not in it; they are backed up by the means of that server. */
  store: z.enum(['sqlite', 'postgres']),
  /** The logs that were being written, and how many entries of each the backup holds at least. */
  logs: z.array(z.strictObject({ origin: z.string().max(300), size: z.int().min(0) })).max(100),
  files: z
    .array(z.strictObject({ path: pathSchema, bytes: z.int().min(0), digest: digestSchema }))
    .max(10_000_000),
})
export type BackupManifest = z.infer<typeof backupManifestSchema>
export type BackupFile = BackupManifest['files'][number]

export const manifestName = 'manifest.json'
