import { Fault } from '@ambit/core/fault'
import { timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { MandateParts } from './authority.ts'
import { assertMayGive } from './by-token.ts'
import { clientConfig, clients, connectionOf } from './connect.ts'
import { lineage } from './mandate-book.ts'
import { entryFor, rowFor } from './permission.ts'
import type { TokenRow } from './token-store.ts'

const dayMs = 86_400_000
/** As long as a standing mandate may last. */
const tokenDaysMax = 366
/** Clients connected by one mandate at a time. */
const tokensMax = 100
const idParams = z.strictObject({ id: z.string().min(1).max(100) })

export const tokenViewSchema = z.strictObject({
  id: z.string(),
  client: z.string().optional(),
  created: timeSchema,
  expires: timeSchema.optional(),
  state: z.enum(['active', 'revoked', 'expired']),
})
export type TokenView = z.infer<typeof tokenViewSchema>

/** The routes by which a stock client gets a token, and loses it. */
export function tokenRoutes(parts: MandateParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/mandates/:id/tokens',
      summary: 'Makes a token for a client; it is shown this once.',
      access: 'person',
      params: idParams,
      body: z
        .strictObject({
          client: z.enum(clients).optional(),
          expiresInDays: z.number().positive().max(tokenDaysMax).optional(),
        })
        .default({}),
      reply: z.strictObject({
        token: z.string(),
        id: z.string(),
        mcpUrl: z.string(),
        a2aUrl: z.string(),
        config: z.string(),
      }),
      status: 201,
      handle: async ({ caller, params, body, origin }) => {
        const entry = await entryFor(parts, caller, params.id)
        assertMayGive(
          caller,
          lineage(entry).map((link) => link.body),
        )
        const counts = await parts.tokenStore.tokenCounts([params.id], parts.clock.now())
        if ((counts.get(params.id) ?? 0) >= tokensMax) {
          throw new Fault('mandate.too-many', { detail: `a mandate has ${tokensMax} tokens at most` })
        }
        const { client, expiresInDays } = body
        const expiresAt = expiresInDays && Math.floor(parts.clock.now() + expiresInDays * dayMs)
        const { id, token } = await parts.tokens.create(entry, { client, expiresAt, by: caller.person })
        const connection = connectionOf(origin, token)
        return {
          status: 201,
          body: { ...connection, id, config: clientConfig(client ?? 'mcp-json', connection) },
        }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/mandate-tokens/:id',
      summary: 'Revokes a token at once; the mandate stays.',
      access: 'person',
      params: idParams,
      reply: z.strictObject({ revoked: z.boolean() }),
      handle: async ({ caller, params }) => {
        const token = await parts.tokenStore.token(params.id)
        if (token?.organization !== caller.organization)
          throw new Fault('input.not-found', { detail: 'there is no such token' })
        await rowFor(parts, caller, token.mandate, false)
        return { body: { revoked: await parts.tokens.revoke(params.id) } }
      },
    }),
  ]
}

export async function tokenViews(parts: MandateParts, mandate: string): Promise<TokenView[]> {
  const now = parts.clock.now()
  return (await parts.tokenStore.tokens(mandate)).map((token) => ({
    id: token.id,
    ...(token.client === null ? {} : { client: token.client }),
    created: timeText(token.created),
    ...(token.expires === null ? {} : { expires: timeText(token.expires) }),
    state: tokenState(token, now),
  }))
}

function tokenState(token: TokenRow, now: number): TokenView['state'] {
  if (token.revoked !== null) return 'revoked'
  return token.expires !== null && token.expires <= now ? 'expired' : 'active'
}
