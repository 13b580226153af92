import { Fault } from '@ambit/core/fault'
import { allowSchema, limitsSchema, mandateSchema, signedMandateSchema } from '@ambit/core/mandate'
import { timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { limits } from '../kernel/limits.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { MandateParts } from './authority.ts'
import { assertMayGive, assertMaySpeak } from './by-token.ts'
import { accept, grant, narrow, revoke } from './grants.ts'
import { refuseKeptKey } from './kept-key.ts'
import { lineage } from './mandate-book.ts'
import type { BookEntry } from './mandate-book.ts'
import type { MandateRow } from './mandate-store.ts'
import { entryFor, rowFor, seesAll } from './permission.ts'
import { tokenRoutes, tokenViewSchema, tokenViews } from './token-routes.ts'
import { mandateViewSchema, mandateViews } from './view.ts'
import type { MandateView } from './view.ts'

const dayMs = 86_400_000
const minuteMs = 60_000
const standingDaysDefault = 90
/** A standing mandate is looked at anew at least once a year. */
const standingDaysMax = 366
/** A task that was given no time gets a day. */
const taskMinutesDefault = 24 * 60
/** Room for a task and its leaf, and for one agent to hand on to another. */
const depthDefault = 3

const allow = z.array(allowSchema).min(1).max(200)
const idParams = z.strictObject({ id: z.string().min(1).max(100) })

const grantBody = z.strictObject({
  purpose: mandateSchema.shape.purpose,
  allow,
  limits: limitsSchema.default({}),
  delegate: mandateSchema.shape.delegate.default({ depthMax: depthDefault }),
  expiresInDays: z.number().positive().max(standingDaysMax).optional(),
  expires: timeSchema.optional(),
  holder: z.string().max(200).optional(),
  agent: z.string().min(1).max(100).optional(),
})

const narrowBody = z.strictObject({
  purpose: mandateSchema.shape.purpose.optional(),
  allow: allow.optional(),
  limits: limitsSchema.optional(),
  task: z.string().min(1).max(10_000).optional(),
  expiresInMinutes: z
    .number()
    .positive()
    .max(standingDaysMax * 24 * 60)
    .optional(),
  holder: z.string().max(200).optional(),
  agent: z.string().min(1).max(100).optional(),
  /** A child that an outside holder signed, instead of all the others. */
  signed: signedMandateSchema.optional(),
})

/** The routes of `/api/mandates` and `/api/mandate-tokens`. */
export function mandateRoutes(parts: MandateParts): Route[] {
  return [...readRoutes(parts), ...writeRoutes(parts), ...tokenRoutes(parts)]
}

function readRoutes(parts: MandateParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/mandates',
      summary: 'Your mandates, newest first; those of the whole organisation for owners and auditors.',
      access: 'person',
      query: z.strictObject({
        cursor: z.string().max(100).optional(),
        limit: z.coerce.number().int().min(1).max(limits.pageRowsMax).default(50),
      }),
      reply: z.strictObject({ mandates: z.array(mandateViewSchema), next: z.string().optional() }),
      handle: async ({ caller, query }) => {
        const rows = await parts.store.list({
          organization: caller.organization,
          limit: query.limit,
          ...(seesAll(caller) ? {} : { subject: caller.person }),
          ...(query.cursor === undefined ? {} : { before: query.cursor }),
        })
        const next = rows.length === query.limit ? rows.at(-1)?.signed.body.id : undefined
        const mandates = await mandateViews(parts, rows)
        return { body: { mandates, ...(next === undefined ? {} : { next }) } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/mandates/:id',
      summary: 'One mandate and the tokens made for it.',
      access: 'person',
      params: idParams,
      reply: mandateViewSchema.extend({ tokenList: z.array(tokenViewSchema) }),
      handle: async ({ caller, params }) => {
        const row = await rowFor(parts, caller, params.id, seesAll(caller))
        const tokenList = await tokenViews(parts, params.id)
        return { body: { ...(await viewOf(parts, row)), tokenList } }
      },
    }),
  ]
}

function writeRoutes(parts: MandateParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/mandates',
      summary: 'Gives a standing mandate in your name.',
      access: 'person',
      body: grantBody,
      reply: mandateViewSchema,
      status: 201,
      handle: async ({ caller, body }) => {
        const { purpose, limits: bounds, delegate, holder, agent } = body
        assertMayGive(caller, [body])
        const entry = await grant(parts, {
          organization: caller.organization,
          person: caller.person,
          purpose,
          allow: body.allow,
          limits: bounds,
          delegate,
          expiresAt: standingEnd(body, parts.clock.now()),
          ...(holder === undefined ? {} : { holder }),
          ...(agent === undefined ? {} : { agent }),
        })
        return { status: 201, body: await viewOfEntry(parts, entry) }
      },
    }),
    route({
      method: 'POST',
      path: '/api/mandates/:id/narrow',
      summary: 'Makes a narrower mandate below one of yours, for a task or for another agent.',
      access: 'person',
      params: idParams,
      body: narrowBody,
      reply: mandateViewSchema,
      status: 201,
      handle: async ({ caller, params, body }) => {
        const parent = await entryFor(parts, caller, params.id)
        const { signed, expiresInMinutes = taskMinutesDefault, ...rest } = body
        if (signed !== undefined) {
          if (Object.values(rest).some((member) => member !== undefined)) {
            throw new Fault('mandate.invalid', {
              detail: 'a signed mandate says all by itself',
              where: 'signed',
            })
          }
          const { holder, agent } = signed.body
          if (holder !== parent.body.holder && agent === undefined)
            await refuseKeptKey(parts, caller.organization, caller.person, holder)
          return {
            status: 201,
            body: await viewOfEntry(parts, await accept(parts, parent, signed, caller.person)),
          }
        }
        assertMaySpeak(caller, rest.task)
        assertMayGive(caller, [
          ...lineage(parent).map((link) => link.body),
          { allow: rest.allow ?? parent.body.allow },
        ])
        const expiresAt = parts.clock.now() + expiresInMinutes * minuteMs
        const child = await narrow(parts, parent, { ...given(rest), person: caller.person, expiresAt })
        return { status: 201, body: await viewOfEntry(parts, child) }
      },
    }),
    route({
      method: 'POST',
      path: '/api/mandates/:id/revoke',
      summary: 'Revokes a mandate and all below it, at once, and stops what runs under them.',
      access: 'person',
      params: idParams,
      body: z.strictObject({ note: z.string().max(2000).optional() }).default({}),
      reply: z.strictObject({ revoked: z.array(z.string()), stopped: z.int() }),
      handle: async ({ caller, params, body }) => {
        await rowFor(parts, caller, params.id, false)
        return { body: await revoke(parts, params.id, caller.person, body.note) }
      },
    }),
  ]
}

async function viewOfEntry(parts: MandateParts, entry: BookEntry): Promise<MandateView> {
  const row = await parts.store.find(entry.body.id)
  if (row === undefined) throw unknown('there is no such mandate')
  return await viewOf(parts, row)
}

async function viewOf(parts: MandateParts, row: MandateRow): Promise<MandateView> {
  const [view] = await mandateViews(parts, [row])
  if (view === undefined) throw unknown('there is no such mandate')
  return view
}

function standingEnd(
  {
    expires,
    expiresInDays,
  }: { readonly expires?: string | undefined; readonly expiresInDays?: number | undefined },
  now: number,
): number {
  if (expires === undefined) return Math.floor(now + (expiresInDays ?? standingDaysDefault) * dayMs)
  const at = Date.parse(expires)
  if (expiresInDays !== undefined || at > now + standingDaysMax * dayMs) {
    throw new Fault('mandate.invalid', {
      detail: `give one end, at most ${standingDaysMax} days from now`,
      where: 'expires',
    })
  }
  return at
}

/** Leaves out members that are undefined, as the rooms' own types ask. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

function unknown(detail: string): Fault {
  return new Fault('input.not-found', { detail })
}
