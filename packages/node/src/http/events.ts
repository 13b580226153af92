import { z } from 'zod'
import type { Bus, BusMessage } from '../bus/bus.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import { createEventQueue } from './event-queue.ts'

/** Events one reader may lag behind; past that its stream ends, and it reads the current state when it comes back. */
const lagEventsMax = 1000

interface ControlEvent {
  readonly event: 'approval' | 'record' | 'ruling' | 'mandate' | 'rule' | 'stop' | 'feed'
  readonly data: Readonly<Record<string, unknown>>
}

/** Whose a record (by AIC) or a mandate is, from memory; undefined: it is not known here any more. */
export interface EventOwners {
  record(id: string): string | undefined
  mandate(id: string): string | undefined
}

/** `GET /api/events`: tells the console what to look at again. Ids and states only, never contents. */
export function eventRoutes(bus: Bus, owners: EventOwners): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/events',
      summary:
        'Streams what changed: approvals, records, rulings, mandates, rules and stops by id, and that your feed has something new (server-sent events).',
      access: 'person',
      reply: z.string().meta({ contentMediaType: 'text/event-stream' }),
      async handle({ caller, signal }) {
        const queue = createEventQueue<ControlEvent>(lagEventsMax)
        const ends = ['approval.*', 'record.*', 'ruling.*', 'mandate.*', 'rule.*', 'stop.*', 'feed.*'].map(
          (subject) =>
            bus.subscribe(subject, (message, full) => {
              const own = ownOf(owners, caller)
              for (const event of eventsOf(full, message, own)) queue.push(event)
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

/** Which of the things that messages name are of an organisation; what nobody owns is told to nobody. */
function ownOf(owners: EventOwners, { organization, person }: Pick<Caller, 'organization' | 'person'>) {
  return {
    record: (id: unknown) => typeof id === 'string' && owners.record(id) === organization,
    mandate: (id: string) => owners.mandate(id) === organization,
    message: (message: BusMessage) => message['organization'] === organization,
    person: (message: BusMessage) => message['person'] === person,
  }
}

function eventsOf(
  subject: string,
  message: BusMessage,
  own: ReturnType<typeof ownOf>,
): readonly ControlEvent[] {
  const [topic, step = ''] = subject.split('.')
  switch (topic) {
    case 'approval':
      // For the operator; nothing to look at again.
      if (step === 'fatigue') return []
      if (!own.message(message)) return []
      return [{ event: 'approval', data: { id: message['id'], state: step === 'asked' ? 'pending' : step } }]
    case 'record':
      if (!own.record(message['record'])) return []
      return [{ event: 'record', data: { slug: message['slug'] } }]
    case 'ruling':
      if (!own.record(message['record'])) return []
      return [{ event: 'ruling', data: { kind: step, record: message['record'] } }]
    case 'mandate':
      return mandatesOf(step, message)
        .filter(own.mandate)
        .map((id) => ({ event: 'mandate', data: { id } }))
    case 'rule':
    case 'stop':
      if (!own.message(message)) return []
      return [{ event: topic, data: { id: message['id'], step: message['step'] } }]
    case 'feed':
      // What was done in a name is told to nobody else.
      return own.message(message) && own.person(message) ? [{ event: 'feed', data: {} }] : []
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
