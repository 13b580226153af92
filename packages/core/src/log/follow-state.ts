import { z } from 'zod'
import { hashBytes } from './merkle.ts'
import { strictBase64 } from './note.ts'

/** What the rules of leaves remember at most of each kind. */
export const rememberedMax = 100_000

const count = z.int().min(0)

/** What the rules of leaves remember from one reading to the next. */
export const leafStateSchema = z.strictObject({
  /** Intents that have had no outcome yet; `at` in milliseconds since 1970, by the log's own clock. */
  open: z
    .array(z.strictObject({ act: z.string(), index: count, at: z.int(), late: z.boolean() }))
    .max(rememberedMax),
  /** Approvals that were given and not used up. */
  approvals: z
    .array(
      z.strictObject({
        approval: z.string(),
        used: z.boolean(),
        intended: z.boolean(),
        /** A standing one serves many acts, until it is ended. */
        standing: z.literal(true).optional(),
      }),
    )
    .max(rememberedMax),
  /** Digests of records that may not act, and since when by the log's own clock (milliseconds since 1970). */
  stopped: z.array(z.strictObject({ digest: z.string(), at: z.int() })).max(rememberedMax),
  /** Entries from before this time could not be read: what they began cannot be missed (milliseconds since 1970). */
  unreadUntil: z.int().optional(),
  /** How many entries were of a kind that is not known here, by kind; `unreadable` are no leaves at all. */
  unknown: z.record(z.string(), count),
})
export type LeafState = z.infer<typeof leafStateSchema>

/** What a follower of a log remembers from one look to the next; plain JSON. */
export const followStateSchema = z.strictObject({
  v: z.literal(1),
  /** The last checkpoint that held in every respect. */
  head: z
    .strictObject({
      origin: z.string(),
      size: count,
      root: z
        .string()
        .refine((text) => strictBase64(text)?.length === hashBytes, 'not the base64 of 32 bytes'),
      /** The signed note: with a later one it may be proof that the log rewrote its history. */
      checkpoint: z.string(),
      /** Entries from here on are still to be read; absent when all were. */
      readTo: count.optional(),
    })
    .optional(),
  /** When the log last said something new, in milliseconds since 1970. */
  freshAt: z.int(),
  /** When the log was looked at last and all was well. */
  lookedAt: z.int(),
  leaves: leafStateSchema,
})
export type FollowState = z.infer<typeof followStateSchema>

const followedLogSchema = followStateSchema.omit({ leaves: true }).extend({
  /** Its first entries name the log before it, as the list does. */
  opened: z.boolean(),
  /** It ended as the list says, and was read to its end: nothing of it can change any more. */
  ended: z.boolean(),
})
export type FollowedLog = z.infer<typeof followedLogSchema>

/** What a follower of a series of logs remembers from one look to the next; plain JSON. */
export const seriesStateSchema = z.strictObject({
  v: z.literal(1),
  /** The last signed list that held: with a later one it may be proof that the node rewrote it. */
  list: z.string(),
  /** Each log by its origin. */
  logs: z.record(z.string(), followedLogSchema),
  /** One for all: what an act began in one log may end in the next. */
  leaves: leafStateSchema,
})
export type SeriesState = z.infer<typeof seriesStateSchema>
export type FollowedHead = NonNullable<FollowState['head']>
