import { createServer, get } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { handClock } from '@ambit/testkit/clock'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Holder } from '../../../authority/authority.ts'
import type { Hub, SubscribeRequest, Subscriber, SubscriptionFilter } from '../subscriptions/hub.ts'
import { ClientStates } from './client-states.ts'
import type { Visit } from './visit.ts'

/** A hub that says what it was asked, and speaks when the test says so. */
interface Listening {
  readonly request: SubscribeRequest
  readonly subscriber: Subscriber
  filter: SubscriptionFilter
  over: boolean
}

let clock: ReturnType<typeof handClock>
let listenings: Listening[]
let refusal: string | undefined
let change: () => void
let states: ClientStates
let server: Server
let visits: Visit[]
const failures: unknown[] = []

const hub: Hub = {
  subscribe(request, subscriber) {
    const listening: Listening = { request, subscriber, filter: request.filter, over: false }
    listenings.push(listening)
    if (refusal !== undefined) {
      listening.over = true
      subscriber.ended({ code: 'mandate.no-entry', detail: refusal })
    }
    return {
      update: (filter) => void (listening.filter = filter),
      end: () => void (listening.over = true),
    }
  },
  close: () => undefined,
}

beforeEach(async () => {
  clock = handClock()
  listenings = []
  refusal = undefined
  visits = []
  failures.length = 0
  states = new ClientStates({
    clock,
    hub,
    onChange(listener) {
      change = listener
      return () => undefined
    },
  })
  server = createServer((request, response: ServerResponse) => {
    response.on('error', (error) => failures.push(error))
    const visit = visitOf(String(request.headers['x-holder']), String(request.headers['x-session']), response)
    visits.push(visit)
    states.listen(visit)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})
afterEach(() => {
  states.close()
  server.close()
  server.closeAllConnections()
  expect(failures).toEqual([])
})

function visitOf(holder: string, session: string, response?: ServerResponse): Visit {
  return {
    response,
    holder: { key: holder } as Holder,
    view: { slug: undefined },
    session: { id: session, version: '2025-11-25', capabilities: {}, expiresAt: 0 },
    version: '2025-11-25',
  } as unknown as Visit
}

/** Opens a stream as a client does, and keeps what arrives on it. */
async function open(holder: string, session = 's') {
  const before = visits.length
  const asked = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    headers: { 'x-holder': holder, 'x-session': session },
    agent: false,
  })
  asked.on('error', () => undefined) // the connection is cut on purpose
  const answer = await new Promise<IncomingMessage>((resolve) => asked.once('response', resolve))
  const stream = { text: '', closed: false, leave: () => asked.destroy(), visit: visits[before]! }
  answer.setEncoding('utf8').on('data', (piece: string) => (stream.text += piece))
  answer.on('close', () => (stream.closed = true)).on('error', () => undefined)
  return stream
}

const updated = (uri: string) => ({
  jsonrpc: '2.0' as const,
  method: 'notifications/resources/updated',
  params: { uri },
})

test('a session that opens a stream too many loses its oldest one, which is written to no more', async () => {
  const streams = [await open('ann'), await open('ann'), await open('ann'), await open('ann')]
  // Until the fifth comes the first one reads nothing: its end stays in the node.
  const fifth = await open('ann')
  change()
  clock.advance(100)
  clock.advance(30_000)
  await vi.waitFor(() => expect(streams[0]!.closed).toBe(true))
  expect(streams[0]!.text).not.toContain('list_changed')
  await vi.waitFor(() => expect(streams[1]!.text).toContain('list_changed'))
  expect(fifth.text).not.toContain('list_changed')
})

test('a change is told on one stream of each session, once for several at a time', async () => {
  const ann = [await open('ann'), await open('ann')]
  const bob = await open('bob')
  change()
  change()
  clock.advance(100)
  await vi.waitFor(() => expect(bob.text.match(/list_changed/g)).toHaveLength(1))
  await vi.waitFor(() => expect((ann[0]!.text + ann[1]!.text).match(/list_changed/g)).toHaveLength(1))
})

test('a client that opens streams and drops them leaves nothing behind', async () => {
  for (let round = 0; round < 20; round++) (await open('ann', `s${round}`)).leave()
  await vi.waitFor(() => expect(states.size).toBe(0))
  clock.advance(60_000)
  expect(clock.timers).toBe(0)
})

test('what a session follows is answered when it is known, and told on its stream alone', async () => {
  const ann = await open('ann')
  const other = await open('ann', 'other')
  const answers: (string | undefined)[] = []
  states.of(ann.visit).subscribe('a:1', (refused) => answers.push(refused))
  states.of(ann.visit).subscribe('a:2', (refused) => answers.push(refused))
  expect(answers).toEqual([])
  listenings[0]!.subscriber.acknowledged({ resourceSubscriptions: ['a:1'] })
  expect(answers).toEqual([undefined, expect.stringContaining('no server')])
  listenings[0]!.subscriber.notification(updated('a:1'))
  await vi.waitFor(() => expect(ann.text).toContain('a:1'))
  expect(other.text).toBe('')
  states.unsubscribe(ann.visit, 'a:1')
  expect(listenings[0]!.over).toBe(true)
})

test('a subscription that is refused at once is refused again the next time', () => {
  refusal = 'your mandate does not allow it'
  const visit = visitOf('ann', 's')
  const answers: (string | undefined)[] = []
  states.of(visit).subscribe('a:1', (refused) => answers.push(refused))
  states.of(visit).subscribe('a:1', (refused) => answers.push(refused))
  expect(answers).toEqual([refusal, refusal])
  clock.advance(60_000)
  expect(states.size).toBe(0)
})

test('what nobody hears is followed for a few minutes, so that a client can come back, and no longer', async () => {
  const visit = visitOf('ann', 's')
  states.of(visit).subscribe('a:1', () => undefined)
  listenings[0]!.subscriber.acknowledged({ resourceSubscriptions: ['a:1'] })
  clock.advance(4 * 60_000)
  expect(listenings[0]!.over).toBe(false)
  const back = await open('ann')
  clock.advance(10 * 60_000)
  expect(listenings[0]!.over).toBe(false)
  back.leave()
  await vi.waitFor(() => expect(states.find(visit)?.streams).toBe(0))
  clock.advance(6 * 60_000)
  expect(listenings[0]!.over).toBe(true)
  expect([states.size, clock.timers]).toEqual([0, 0])
})

test('a log level is kept for its session, and is not another one that has the same id', () => {
  states.of(visitOf('ann', 's')).logLevel = 'error'
  clock.advance(3_600_000)
  expect(states.find(visitOf('ann', 's'))?.logLevel).toBe('error')
  expect(states.find(visitOf('bob', 's'))).toBeUndefined()
})

test('one holder keeps no more than its share, and never makes another one forget', async () => {
  const bob = await open('bob')
  for (let at = 0; at < 5000; at++) states.of(visitOf('ann', `s${at}`)).logLevel = 'error'
  expect(states.size).toBe(1001)
  expect(states.find(visitOf('ann', 's0'))).toBeUndefined()
  expect(states.find(visitOf('ann', 's4999'))?.logLevel).toBe('error')
  change()
  clock.advance(100)
  await vi.waitFor(() => expect(bob.text).toContain('list_changed'))
})

test('the end of a session ends its streams and what it follows, and nothing of others', async () => {
  const ann = await open('ann')
  const bob = await open('bob')
  states.of(ann.visit).subscribe('a:1', () => undefined)
  states.end(ann.visit)
  await vi.waitFor(() => expect(ann.closed).toBe(true))
  expect(listenings[0]!.over).toBe(true)
  expect([bob.closed, states.size]).toEqual([false, 1])
})

test('a session follows only as much as it may', () => {
  const state = states.of(visitOf('ann', 's'))
  const answers: (string | undefined)[] = []
  for (let at = 0; at <= 1000; at++) state.subscribe(`a:${at}`, (refused) => answers.push(refused))
  expect(answers).toEqual([expect.stringContaining('1000')])
  const long = states.of(visitOf('ann', 'long'))
  for (let at = 0; at < 40; at++)
    long.subscribe(`${at}${'x'.repeat(4000)}`, (refused) => answers.push(refused))
  expect(answers.length).toBeGreaterThan(2)
})
