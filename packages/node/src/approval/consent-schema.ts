import { timeSchema } from '@ambit/core/record'
import { z } from 'zod'

const standingDaysMax = 90
const standingDays = 30

/** The browser's answer to a challenge; whoever verifies it reads it. */
export const passkeySchema = z.strictObject({
  at: timeSchema,
  response: z.record(z.string().max(100), z.unknown()),
})
export const challengeSchema = z.strictObject({
  at: timeSchema,
  options: z.record(z.string(), z.unknown()),
})
export const rememberSchema = z.strictObject({
  days: z.int().min(1).max(standingDaysMax).default(standingDays),
})
