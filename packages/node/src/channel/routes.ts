import { Fault } from '@ambit/core/fault'
import { timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import { addPush, addWebhook } from './adding.ts'
import type { ChannelParts } from './channel.ts'
import { defaultTopics, topics } from './channel-row.ts'
import type { ChannelRow } from './channel-store.ts'
import { testNotice } from './notice.ts'
import { isZone } from './quiet.ts'
import type { QuietHours } from './quiet.ts'

const idParams = z.strictObject({ id: z.string().min(1).max(100) })
const labelSchema = z.string().trim().min(1).max(100)
const urlSchema = z.string().min(1).max(2000)
const language = z.enum(['en', 'zh'])
const clockSchema = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day, such as 22:30')

const quietSchema = z
  .strictObject({
    zone: z.string().max(64).refine(isZone, 'is not an IANA time zone, such as Europe/Berlin'),
    from: clockSchema,
    to: clockSchema,
    /** On which they begin; 1 Monday … 7 Sunday. */
    days: z.array(z.int().min(1).max(7)).min(1).max(7),
  })
  .refine(({ from, to }) => from !== to, { message: 'ends when it begins', path: ['to'] })

const wishesSchema = z.strictObject({
  quiet: quietSchema.optional(),
  tell: z.array(z.enum(topics)).max(topics.length),
})

const channelSchema = z.strictObject({
  id: z.string(),
  label: z.string(),
  /** Of its address; the address itself is a secret and is not given again. */
  host: z.string(),
  created: timeSchema,
  lastSent: timeSchema.optional(),
  failing: z.strictObject({ since: timeSchema, why: z.string() }).optional(),
})

/** Everybody's own channels. Only a session changes them: who could silence them could hide what is asked. */
export function channelRoutes(parts: ChannelParts): readonly Route[] {
  return [listRoute(parts), keyRoute(parts), wishesRoute(parts), ...addRoutes(parts), ...oneRoutes(parts)]
}

function listRoute({ store, hearers, clock, pushKey }: ChannelParts): Route {
  return route({
    method: 'GET',
    path: '/api/channels',
    summary: 'How you are told of what waits for you: browsers, webhooks, quiet hours, and of what.',
    access: 'person',
    reply: z.strictObject({
      push: z.array(channelSchema.extend({ language })),
      webhooks: z.array(channelSchema),
      wishes: wishesSchema,
      /** You are in your quiet hours until then. */
      quietUntil: timeSchema.optional(),
      pushKey: z.string(),
    }),
    async handle({ caller: { person } }) {
      const rows = await store.ofPerson(person)
      const wish = await store.wish(person)
      const quiet = wish?.quiet
      const until = hearers.quietUntil(person, clock.now())
      return {
        body: {
          push: rows
            .filter(({ kind }) => kind === 'push')
            .map((row) => ({ ...channelView(row), language: row.language })),
          webhooks: rows.filter(({ kind }) => kind === 'webhook').map(channelView),
          wishes: {
            ...(quiet === undefined ? {} : { quiet: quietView(quiet) }),
            tell: [...(wish?.tell ?? defaultTopics)],
          },
          ...(until === undefined ? {} : { quietUntil: timeText(until) }),
          pushKey,
        },
      }
    },
  })
}

function keyRoute({ pushKey }: ChannelParts): Route {
  return route({
    method: 'GET',
    path: '/api/channels/key',
    summary: 'The public key with which a browser subscribes (`applicationServerKey`, RFC 8292).',
    access: 'person',
    reply: z.strictObject({ key: z.string() }),
    handle: async () => ({ body: { key: pushKey } }),
  })
}

function wishesRoute({ store, hearers, courier, clock }: ChannelParts): Route {
  return route({
    method: 'PUT',
    path: '/api/channels/wishes',
    summary: 'Sets your quiet hours, or takes them away, and what you are told of.',
    access: 'person',
    sessionOnly: true,
    body: wishesSchema,
    reply: wishesSchema,
    async handle({ caller: { person, organization }, body: { quiet, tell } }) {
      const wanted = topics.filter((topic) => tell.includes(topic))
      await store.setWish({ person, organization, quiet: quiet && quietOf(quiet), tell: wanted })
      await hearers.changed(person)
      // What was kept until an end that is not the end any more; what still holds keeps it again.
      for (const { id } of await store.ofPerson(person)) {
        await store.release(id, clock.now())
        courier.wake(id, person)
      }
      return { body: { ...(quiet === undefined ? {} : { quiet }), tell: wanted } }
    },
  })
}

function addRoutes(parts: ChannelParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/channels/push',
      summary: 'Has a browser told, with the subscription that it gave; the same one again takes its place.',
      access: 'person',
      sessionOnly: true,
      body: z.strictObject({
        endpoint: urlSchema,
        keys: z.strictObject({ p256dh: z.string().max(200), auth: z.string().max(100) }),
        label: labelSchema,
        language: language.default('en'),
      }),
      reply: channelSchema,
      status: 201,
      async handle({ caller, body: { endpoint, keys, ...shown } }) {
        return { body: channelView(await addPush(parts, caller, { url: endpoint, ...keys, ...shown })) }
      },
    }),
    route({
      method: 'POST',
      path: '/api/channels/webhooks',
      summary: 'Has a program told at this address; gives the secret of its signatures, once.',
      access: 'person',
      sessionOnly: true,
      body: z.strictObject({ url: urlSchema, label: labelSchema }),
      reply: channelSchema.extend({ secret: z.string() }),
      status: 201,
      async handle({ caller, body }) {
        const { channel, secret } = await addWebhook(parts, caller, body)
        return { body: { ...channelView(channel), secret } }
      },
    }),
  ]
}

function oneRoutes(parts: ChannelParts): Route[] {
  const { store, hearers, courier, clock, ids } = parts
  return [
    route({
      method: 'POST',
      path: '/api/channels/:id/test',
      summary: 'Sends a notification there that says nothing else, as soon as you may be disturbed.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      reply: z.undefined(),
      status: 204,
      async handle({ caller, params }) {
        const channel = await channelOf(parts, caller, params.id)
        await courier.tell(channel, testNotice(ids.next(), clock.now()))
        return { body: undefined }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/channels/:id',
      summary: 'Nothing is sent there any more, nor what waits to be.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      reply: z.undefined(),
      status: 204,
      async handle({ caller, params }) {
        const { id, person } = await channelOf(parts, caller, params.id)
        await store.remove(id, person)
        await hearers.changed(person)
        return { body: undefined }
      },
    }),
  ]
}

async function channelOf({ store }: ChannelParts, { person }: Caller, id: string): Promise<ChannelRow> {
  const channel = await store.find(id)
  if (channel?.person !== person)
    throw new Fault('input.not-found', { detail: 'you have no such channel', where: 'id' })
  return channel
}

function channelView(row: ChannelRow): z.input<typeof channelSchema> {
  const { id, label, host, created, sent, failing, failure } = row
  return {
    id,
    label,
    host,
    created: timeText(created),
    ...(sent === null ? {} : { lastSent: timeText(sent) }),
    ...(failing === null ? {} : { failing: { since: timeText(failing), why: failure ?? '' } }),
  }
}

function quietOf({ zone, from, to, days }: z.output<typeof quietSchema>): QuietHours {
  const sorted = [...new Set(days)].toSorted((left, right) => left - right)
  return { zone, from: minutesOf(from), to: minutesOf(to), days: sorted }
}

function quietView({ zone, from, to, days }: QuietHours): z.input<typeof quietSchema> {
  return { zone, from: clockOf(from), to: clockOf(to), days: [...days] }
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return hours * 60 + minutes
}

function clockOf(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
