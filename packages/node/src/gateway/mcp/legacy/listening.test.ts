import { Fault } from '@ambit/core/fault'
import type { JsonObject, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { handClock } from '@ambit/testkit/clock'
import { mcpTarget, outboundOf } from '@ambit/testkit/mcp-acts'
import type { SunkOutcome } from '@ambit/testkit/mcp-acts'
import { beforeEach, expect, test } from 'vitest'
import { performListen } from './listening.ts'
import { Session } from './session.ts'
import type { Lease } from './session-pool.ts'
import type { SendFailure } from './session-transport.ts'

type Request = { id: number; method: string; params: { uri: string } }

let clock: ReturnType<typeof handClock>
let session: Session
let requests: string[]
/** What the server does with a request; undefined: it does not answer. */
let answer: (request: Request) => JsonObject | SendFailure | undefined
let loseStream: (fault: Fault) => void
let wayIsOpen: boolean
let leases: { dropped: boolean; released: boolean }[]

beforeEach(() => {
  clock = handClock()
  requests = []
  leases = []
  answer = () => ({ result: {} })
  wayIsOpen = false
  session = new Session(
    {
      send(message: JsonRpcMessage, failed) {
        if ('method' in message && 'id' in message) {
          const request = message as unknown as Request
          requests.push(`${request.method.slice('resources/'.length)} ${request.params.uri}`)
          const given = answer(request)
          if (given !== undefined && 'fault' in given) failed(given as SendFailure)
          else if (given !== undefined) session.receive({ jsonrpc: '2.0', id: request.id, ...given })
        }
        return { done: () => undefined, resume: () => undefined }
      },
      listen(lost, settled) {
        wayIsOpen = true
        loseStream = lost
        settled()
        return () => void (wayIsOpen = false)
      },
      close: async () => await Promise.resolve(),
    },
    clock,
    { answerTimeoutMs: 60_000, callMsMax: 3_600_000 },
  )
})

const target = mcpTarget({ version: '2025-11-25', url: 'http://x', transport: 'streamable-http' }, ['read'])

function listen(notifications: JsonObject, take?: () => Promise<Lease>) {
  const events: { method: string; params: JsonObject }[] = []
  const outcomes: SunkOutcome[] = []
  const lease = { dropped: false, released: false }
  leases.push(lease)
  const performance = performListen(
    outboundOf(target, 'read', { notifications }),
    {
      event(event) {
        if (event.type === 'message') events.push(event.value as (typeof events)[number])
        return true
      },
      ask: () => () => undefined,
      outcome: (outcome) => outcomes.push(outcome),
    },
    take ??
      (async () =>
        await Promise.resolve({
          session,
          drop: () => void (lease.dropped = true),
          release: () => void (lease.released = true),
        })),
  )
  return { events, outcomes, performance, lease }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

const updated = (uri: string) =>
  void session.receive({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } })
const uris = (...resourceSubscriptions: string[]) => ({ resourceSubscriptions })

test('says first of all what the server honours, and then what it says of that', async () => {
  answer = ({ params }) =>
    params.uri === 'a:2' ? { error: { code: -32_602, message: 'none' } } : { result: {} }
  const { events } = listen({ ...uris('a:1', 'a:2', 'dir:/'), promptsListChanged: true })
  await settle()
  for (const uri of ['a:1', 'a:1/part', 'a:1?x', 'a:12', 'dir:/file', 'b:1']) updated(uri)
  for (const list of ['prompts', 'tools'])
    session.receive({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` })
  expect(events.map(({ method, params }) => [method.slice('notifications/'.length), params])).toEqual([
    [
      'subscriptions/acknowledged',
      { notifications: { promptsListChanged: true, resourceSubscriptions: ['a:1', 'dir:/'] } },
    ],
    ['resources/updated', { uri: 'a:1' }],
    ['resources/updated', { uri: 'a:1/part' }],
    ['resources/updated', { uri: 'a:1?x' }],
    ['resources/updated', { uri: 'dir:/file' }],
    ['prompts/list_changed', {}],
  ])
})

test('a listening that replaces another one in the session loses nothing when the first one ends', async () => {
  const first = listen(uris('a:1'))
  await settle()
  const second = listen(uris('a:1', 'a:2'))
  await settle()
  first.performance.cancel('replaced')
  await settle()
  expect(requests).toEqual(['subscribe a:1', 'subscribe a:2'])
  updated('a:1')
  expect(second.events.at(-1)).toMatchObject({ params: { uri: 'a:1' } })
  second.performance.cancel('over')
  await settle()
  expect(requests.slice(2)).toEqual(['unsubscribe a:1', 'unsubscribe a:2'])
  expect([session.followed.size, wayIsOpen, clock.timers]).toEqual([0, false, 0])
  expect(leases.map(({ released }) => released)).toEqual([true, true])
})

test('what is let go of and wanted again at once is told to the server in that order', async () => {
  const waiting: Request[] = []
  answer = (request) => {
    waiting.push(request)
    return undefined
  }
  const yes = () => session.receive({ jsonrpc: '2.0', id: waiting.shift()!.id, result: {} })
  const first = listen(uris('a:1'))
  await settle()
  yes()
  await settle()
  first.performance.cancel('over')
  listen(uris('a:1'))
  await settle()
  expect(requests).toEqual(['subscribe a:1', 'unsubscribe a:1'])
  yes()
  await settle()
  expect(requests).toEqual(['subscribe a:1', 'unsubscribe a:1', 'subscribe a:1'])
  yes()
  await settle()
  expect(session.followed.size).toBe(1)
})

test('a subscription that is granted after the end is taken back', async () => {
  const waiting: Request[] = []
  answer = (request) => {
    waiting.push(request)
    return undefined
  }
  const { performance, outcomes } = listen(uris('a:1'))
  await settle()
  performance.cancel('over')
  session.receive({ jsonrpc: '2.0', id: waiting[0]!.id, result: {} })
  await settle()
  expect(requests).toEqual(['subscribe a:1', 'unsubscribe a:1'])
  expect(outcomes).toMatchObject([{ status: 'cancelled' }])
})

test('a lost stream ends the act, and nobody gets the session again', async () => {
  const { outcomes, lease } = listen(uris('a:1'))
  await settle()
  loseStream(new Fault('upstream.unreachable', { detail: 'gone' }))
  await settle()
  expect(outcomes).toMatchObject([{ status: 'failed', error: { code: 'upstream.unreachable' } }])
  expect(lease).toEqual({ dropped: true, released: true })
  expect(requests).toEqual(['subscribe a:1'])
})

test('a session that is lost while subscribing is given to nobody again', async () => {
  const fault = new Fault('upstream.unreachable', { detail: 'no such session' })
  answer = () => ({ fault, sessionLost: 'unexecuted' })
  const { outcomes, lease, events } = listen(uris('a:1', 'a:2'))
  await settle()
  expect(outcomes).toMatchObject([{ status: 'failed' }])
  expect([lease.dropped, lease.released, events.length]).toEqual([true, true, 0])
})

test('a listening cancelled before its session stands takes nothing, and one without a session fails', async () => {
  const { performance, outcomes, lease } = listen(uris('a:1'))
  performance.cancel('never mind')
  await settle()
  expect([requests.length, lease.released, outcomes.length]).toEqual([0, true, 1])
  const failed = listen({}, async () => await Promise.reject(new Fault('act.busy', { detail: 'full' })))
  await settle()
  expect(failed.outcomes).toMatchObject([{ status: 'failed', error: { code: 'act.busy' } }])
})

test('a thousand resources are told of a few at a time', async () => {
  let open = 0
  let most = 0
  const waiting: Request[] = []
  answer = (request) => {
    open += 1
    most = Math.max(most, open)
    waiting.push(request)
    return undefined
  }
  const { events } = listen(uris(...Array.from({ length: 1500 }, (_, at) => `a:${at}`)))
  for (let turn = 0; turn < 2000 && events.length === 0; turn++) {
    await settle()
    for (const { id } of waiting.splice(0)) {
      open -= 1
      session.receive({ jsonrpc: '2.0', id, result: {} })
    }
  }
  expect([requests.length, most]).toEqual([1000, 16])
})
