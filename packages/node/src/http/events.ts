import { z } from 'zod'
import type { Bus, BusMessage } from '../bus/bus.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import { createEventQueue } from './event-queue.ts'

/** Events one reader may lag behind; past that its stream ends, and it reads the current state when it comes back. */
const lagEventsMax = 1000

interface ControlEvent {
  readonly event: 'approval' | 'record' | 'ruling' | 'mandate'
  readonly data: Readonly<Record<string, unknown>>
}

/** `GET /api/events`: tells the console what to look at again. Ids and states only, never contents. */
export function eventRoutes(bus: Bus): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/events',
      summary: 'Streams what changed: approvals, records, rulings and mandates, by id (server-sent events).',
      access: 'person',
      reply: z.string().meta({ contentMediaType: 'text/event-stream' }),
      async handle({ caller, signal }) {
        const queue = createEventQueue<ControlEvent>(lagEventsMax)
        const ends = ['approval.*', 'record.*', 'ruling.*', 'mandate.*'].map((subject) =>
          bus.subscribe(subject, (message, full) => {
            const other = message['organization']
            if (other !== undefined && other !== caller.organization) return
            for (const event of eventsOf(full, message)) queue.push(event)
          }),
        )
        signal.addEventListener(
          'abort',
          () => {
            for (const end of ends) end()
            queue.end()
          },
          { once: true },
        )
        return { events: queue }
      },
    }),
  ]
}

function eventsOf(subject: string, message: BusMessage): readonly ControlEvent[] {
  const [topic, step = ''] = subject.split('.')
  switch (topic) {
    case 'approval':
      return [{ event: 'approval', data: { id: message['id'], state: step === 'asked' ? 'pending' : step } }]
    case 'record':
      return [{ event: 'record', data: { slug: message['slug'] } }]
    case 'ruling':
      return [{ event: 'ruling', data: { kind: step, record: message['record'] } }]
    case 'mandate':
      return mandatesOf(step, message).map((id) => ({ event: 'mandate', data: { id } }))
    default:
      return []
  }
}

/** A message about a mandate's token names the mandate beside the token, where it knows it. */
function mandatesOf(step: string, { id, ids, mandate }: BusMessage): readonly string[] {
  if (Array.isArray(ids)) return ids as readonly string[]
  const one = mandate ?? (step === 'token' ? undefined : id)
  return typeof one === 'string' ? [one] : []
}
