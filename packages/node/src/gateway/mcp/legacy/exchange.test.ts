import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Outcome } from '@ambit/core/act'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { AnswerStreams } from './answer-streams.ts'
import { ClientQuestions } from './client-questions.ts'
import { LegacyExchange } from './exchange.ts'

const clock = handClock()

/** What a client reads while the act is played by `play`. */
async function read(
  play: (exchange: LegacyExchange) => void,
  options: Partial<ConstructorParameters<typeof LegacyExchange>[0]> = {},
): Promise<{ type: string | null; text: string }> {
  const server = createServer((_request, response: ServerResponse) => {
    const exchange = new LegacyExchange({
      response,
      id: 9,
      clock,
      takesStream: true,
      takesJson: true,
      streams: new AnswerStreams(clock),
      questions: new ClientQuestions(),
      owner: 'ann',
      resumable: undefined,
      prefersStream: false,
      canAnswer: () => true,
      isTool: true,
      opensAddresses: false,
      wantsLog: () => true,
      progressToken: undefined,
      approvalUrl: (id) => id,
      over: () => undefined,
      ...options,
    })
    exchange.begin({ id: 'a', cancel: () => undefined, resume: () => undefined })
    play(exchange)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const text = await answer.text()
  server.close()
  server.closeAllConnections()
  return { type: answer.headers.get('content-type'), text }
}

function outcome(value: unknown, more: Partial<Outcome> = {}): Outcome {
  return { type: 'outcome', status: 'completed', value, startedAt: 0, durationMs: 0, ...more }
}

test('opens a stream when the answer takes long, and writes on it until it is there', async () => {
  const answer = await read((exchange) => {
    clock.advance(30_000)
    exchange.outcome(outcome({ content: [] }), 'a')
  })
  expect(answer.type).toBe('text/event-stream')
  expect(answer.text).toBe(': \n\ndata: {"jsonrpc":"2.0","id":9,"result":{"content":[]}}\n\n')
  expect(clock.timers).toBe(0)
})

test('a client that takes JSON only waits for it', async () => {
  const answer = await read(
    (exchange) => {
      clock.advance(30_000)
      exchange.outcome(outcome({ content: [] }), 'a')
    },
    { takesStream: false },
  )
  expect(answer).toEqual({
    type: 'application/json',
    text: '{"jsonrpc":"2.0","id":9,"result":{"content":[]}}',
  })
})

test("gives progress the client's own token, counts what has no number, and says nothing else of it", async () => {
  const answer = await read(
    (exchange) => {
      exchange.event({ type: 'progress', value: { progress: 2, total: 4, extra: 'x' } })
      exchange.event({ type: 'progress', value: { message: 'more' } })
      exchange.event({ type: 'message', value: { data: 'a log line' } })
      exchange.outcome(outcome({ content: [] }), 'a')
    },
    { progressToken: 'mine' },
  )
  const messages = answer.text.split('\n\n').filter(Boolean)
  expect(messages.slice(0, -1).map((each) => JSON.parse(each.slice('data: '.length)) as unknown)).toEqual([
    {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progress: 2, total: 4, progressToken: 'mine' },
    },
    {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progress: 3, message: 'more', progressToken: 'mine' },
    },
  ])
})

const translated: readonly (readonly [name: string, given: Outcome, expected: Record<string, unknown>])[] = [
  [
    'a result of the newest era without its mark',
    outcome({ resultType: 'complete', content: [] }),
    { result: { content: [] } },
  ],
  [
    'a question of the newest era as an error',
    outcome({ resultType: 'input_required', inputRequests: {} }),
    { error: expect.objectContaining({ code: -32603 }) as unknown },
  ],
  [
    'a result that is no object as text',
    outcome([1, 2]),
    { result: { content: [{ type: 'text', text: '[1,2]' }] } },
  ],
  [
    "an upstream's JSON-RPC error as it is",
    outcome(
      { error: { code: -32602, message: 'no', data: { a: 1 } } },
      { status: 'failed', error: { code: '-32602', detail: 'x' } },
    ),
    { error: { code: -32602, message: 'no', data: { a: 1 } } },
  ],
  [
    'a failure with its code and words',
    { ...outcome(undefined), status: 'failed', error: { code: 'upstream.timeout', detail: 'too slow' } },
    {
      error: {
        code: -32603,
        message: 'upstream.timeout: too slow',
        data: { code: 'upstream.timeout', detail: 'too slow' },
      },
    },
  ],
  [
    'an outcome that nobody knows as an error',
    { ...outcome(undefined), status: 'unknown' },
    { error: expect.objectContaining({ code: -32603 }) as unknown },
  ],
]

test.each(translated)('gives %s', async (_name, given, expected) => {
  const { text } = await read((exchange) => exchange.outcome(given, 'a'))
  expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: 9, ...expected })
})

test('passes on what a server says within a call, and nothing that this node says itself', async () => {
  const say = (method: string) => ({
    jsonrpc: '2.0',
    method,
    params: { requestId: 9, progressToken: 'mine' },
  })
  const answer = await read((exchange) => {
    for (const method of ['cancelled', 'progress', 'tools/list_changed', 'resources/updated'])
      exchange.event({ type: 'message', value: say(`notifications/${method}`) })
    exchange.event({ type: 'message', value: { ...say('notifications/message'), id: 1 } })
    for (const method of ['message', 'elicitation/complete', 'odd/one'])
      exchange.event({ type: 'message', value: say(`notifications/${method}`) })
    exchange.outcome(outcome({ content: [] }), 'a')
  })
  const methods = [...answer.text.matchAll(/"method":"notifications\/([^"]+)"/g)].map(([, method]) => method)
  expect(methods).toEqual(['message', 'elicitation/complete', 'odd/one'])
})

test('log messages that the client does not want are left out, and what says no level is wanted', async () => {
  const log = (level: unknown) => ({
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { level, data: 'x' },
  })
  const answer = await read(
    (exchange) => {
      for (const level of ['debug', 'error', undefined])
        exchange.event({ type: 'message', value: log(level) })
      exchange.outcome(outcome({ content: [] }), 'a')
    },
    { wantsLog: (level) => level !== 'debug' },
  )
  expect(answer.text.match(/notifications\/message/g)).toHaveLength(2)
  expect(answer.text).not.toContain('debug')
})

const elicitation = {
  capability: { id: 'elicitation/create' },
  arguments: { mode: 'url', url: 'https://example.org', elicitationId: 'e', message: 'Open it', odd: 1 },
  protocolIn: 'mcp/2025-11-25',
} as unknown as Parameters<LegacyExchange['asks']>[0]

test('a question goes to the client with all its members, and is taken back by its own id', async () => {
  const questions = new ClientQuestions()
  const answer = await read(
    (exchange) => {
      const withdraw = exchange.asks(elicitation, 'q1', () => undefined)
      expect(questions.size).toBe(1)
      withdraw?.()
      exchange.outcome(outcome({ content: [] }), 'a')
      expect(exchange.asks(elicitation, 'q2', () => undefined)).toBeUndefined()
    },
    { questions },
  )
  const [asked, takenBack] = answer.text.split('\n\n').map((event) => event.slice('data: '.length))
  expect(JSON.parse(asked!)).toEqual({
    jsonrpc: '2.0',
    id: 'q1',
    method: 'elicitation/create',
    params: elicitation.arguments,
  })
  expect(JSON.parse(takenBack!)).toMatchObject({
    method: 'notifications/cancelled',
    params: { requestId: 'q1' },
  })
  expect(questions.size).toBe(0)
})

test.each([
  ['that takes no stream', { takesStream: false }],
  ['that did not declare it', { canAnswer: () => false }],
])('a client %s is asked nothing', async (_name, options) => {
  const questions = new ClientQuestions()
  await read(
    (exchange) => {
      expect(exchange.asks(elicitation, 'q1', () => undefined)).toBeUndefined()
      exchange.outcome(outcome({ content: [] }), 'a')
    },
    { questions, ...options },
  )
  expect(questions.size).toBe(0)
})
