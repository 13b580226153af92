import { signedMandateSchema } from '@ambit/core/mandate'
import type { Mandate } from '@ambit/core/mandate'
import { currencySchema } from '@ambit/core/record'
import { z } from 'zod'
import type { MandateParts } from './authority.ts'
import type { MandateRow } from './mandate-store.ts'
import { leafMsMax } from './mint.ts'

export const mandateViewSchema = z.strictObject({
  id: z.string(),
  signed: signedMandateSchema,
  state: z.enum(['active', 'revoked', 'expired', 'not-yet']),
  kind: z.enum(['standing', 'task', 'leaf']),
  parent: z.string().optional(),
  children: z.int(),
  tokens: z.int(),
  spent: z.strictObject({
    calls: z.int(),
    /** Of arguments; 0 where the mandate does not limit them. */
    bytesOut: z.int(),
    /** Minor units by ISO 4217 code, for the currencies that the mandate limits. */
    money: z.record(currencySchema, z.int()),
  }),
})
export type MandateView = z.infer<typeof mandateViewSchema>

/** What the control API shows of mandates: one page, in the order given. */
export async function mandateViews(parts: MandateParts, rows: readonly MandateRow[]): Promise<MandateView[]> {
  const now = parts.clock.now()
  const ids = rows.map((row) => row.signed.body.id)
  const children = await parts.store.children(ids)
  const tokens = await parts.tokenStore.tokenCounts(ids, now)
  const spent = await parts.spent(ids)
  return rows.map((row) => {
    const { body } = row.signed
    return {
      id: body.id,
      signed: row.signed,
      state: stateOf(row, now),
      kind: kindOf(body),
      ...(body.parent === undefined ? {} : { parent: body.parent }),
      children: children.get(body.id) ?? 0,
      tokens: tokens.get(body.id) ?? 0,
      spent: { ...nothing, ...spent.get(body.id) },
    }
  })
}

const nothing = { calls: 0, bytesOut: 0, money: {} }

function stateOf(row: MandateRow, now: number): MandateView['state'] {
  if (row.revoked !== null) return 'revoked'
  if (Date.parse(row.signed.body.expires) <= now) return 'expired'
  return Date.parse(row.signed.body.notBefore) > now ? 'not-yet' : 'active'
}

/** A root stands; a child of at most a leaf's life and without words of its own is a leaf; any other is for a task. */
function kindOf(body: Mandate): MandateView['kind'] {
  if (body.parent === undefined) return 'standing'
  const brief = Date.parse(body.expires) - Date.parse(body.notBefore) <= leafMsMax
  return brief && body.task === undefined ? 'leaf' : 'task'
}
