import type { ServerResponse } from 'node:http'
import { EventEmitter } from 'node:events'
import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { errorResponse } from '@ambit/core/wire/mcp/errors'
import { resultResponse } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { handClock } from '@ambit/testkit/clock'
import { beforeEach, expect, test } from 'vitest'
import type { Holder } from '../../../authority/authority.ts'
import { createIds } from '../../../kernel/ids.ts'
import type { Target } from '../../../registry/target.ts'
import type { BackIntake } from '../../back.ts'
import type { ActHandle, IngressSink } from '../../gateway.ts'
import type { IngressParts } from '../ingress-parts.ts'
import type { View } from '../names/view.ts'
import { AnswerStreams } from './answer-streams.ts'
import { ClientQuestions } from './client-questions.ts'
import { LegacyExchange } from './exchange.ts'
import { startRound } from './rounds.ts'
import type { Round, Submission } from './rounds.ts'
import type { Visit } from './visit.ts'

/** The client's end of one request; what it reads is in `messages`. */
class Client extends EventEmitter {
  text = ''
  destroyed = false
  headersSent = false
  readonly writableNeedDrain = false
  writeHead(): this {
    this.headersSent = true
    return this
  }
  flushHeaders(): void {}
  write(text: string): boolean {
    this.text += text
    return true
  }
  end(text = ''): void {
    this.text += text
  }
  leave(): void {
    this.destroyed = true
    this.emit('close')
  }
  get messages(): Record<string, unknown>[] {
    return [...this.text.matchAll(/^(?:data: )?(\{.*)$/gm)].map(
      ([, json]) => JSON.parse(json!) as Record<string, unknown>,
    )
  }
}

const target = { id: 'aic-a', slug: 'mail' } as Target
const elicit = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: {} } }

let clock: ReturnType<typeof handClock>
let questions: ClientQuestions
let client: Client
let exchange: LegacyExchange
let refusal: Decision | undefined
let rounds: (Round | undefined)[]
let answered: BackIntake[]
let submission: Submission
let sink: IngressSink

function start(
  more: { method?: string; single?: boolean; canAnswer?: boolean; resumable?: string } = {},
): void {
  const { method = 'tools/call', single = true } = more
  const visit = {
    holder: { key: 'ann' } as Holder,
    view: { single } as View,
    session: { id: 's', version: '2025-11-25', capabilities: { elicitation: {} }, expiresAt: 0 },
    version: '2025-11-25',
  } as unknown as Visit
  const parts = {
    clock,
    ids: createIds(clock),
    serverInfo: { name: 'ambit', version: '0.1.0' },
    gateway: {
      judgeBack: async () => await Promise.resolve(refusal),
      answeredBack: async (all: { intake: BackIntake }[]) => {
        answered.push(...all.map(({ intake }) => intake))
        await Promise.resolve()
      },
    },
  } as unknown as IngressParts
  submission = {
    target: undefined,
    method,
    params: { name: 'mail_send', arguments: { a: 1 }, _meta: { progressToken: 'own' } },
    trace: undefined,
    rounds: 0,
    submit(round, given): ActHandle {
      rounds.push(round)
      sink = given
      submission.target = target
      return { id: `act${rounds.length}`, cancel: () => undefined, resume: () => undefined }
    },
  }
  client = new Client()
  exchange = new LegacyExchange({
    response: client as unknown as ServerResponse,
    id: 7,
    clock,
    streams: new AnswerStreams(clock),
    questions,
    owner: 'ann\ns',
    resumable: more.resumable,
    takesStream: true,
    takesJson: true,
    prefersStream: false,
    progressToken: undefined,
    canAnswer: () => more.canAnswer ?? true,
    isTool: true,
    opensAddresses: false,
    wantsLog: () => true,
    nextRound: (outcome, act) => startRound(parts, visit, submission, exchange, { outcome, act }),
    approvalUrl: (id) => id,
    over: () => undefined,
  })
  exchange.begin(submission.submit(undefined, exchange))
}

beforeEach(() => {
  clock = handClock()
  questions = new ClientQuestions()
  refusal = undefined
  rounds = []
  answered = []
})

/** The server's answer to the round under way. */
function outcome(value: JsonObject): void {
  const whole: Outcome = { type: 'outcome', status: 'completed', value, startedAt: 0, durationMs: 0 }
  sink.outcome(whole, `act${rounds.length}`)
}

const required = (inputRequests: JsonObject, requestState?: string) => ({
  resultType: 'input_required',
  inputRequests,
  ...(requestState === undefined ? {} : { requestState }),
})

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Ids of the requests that the client has got so far. */
function asked(): string[] {
  return client.messages.filter(({ method }) => method === elicit.method).map(({ id }) => String(id))
}

const message = (round: number) => rounds[round]?.wire.message as { params: Record<string, unknown> }

test('several rounds: answers by the server’s names, its state byte for byte, one trace', async () => {
  start()
  const state = ' odd  state "é\n '
  outcome(required({ who: elicit, ['__proto__']: elicit }, state))
  await settle()
  for (const id of asked()) questions.answer('ann\ns', resultResponse(id, { action: 'accept' }))
  await settle()
  expect(rounds).toHaveLength(2)
  expect(rounds[1]).toMatchObject({ parent: 'act1', target })
  expect(message(1).params['requestState']).toBe(state)
  const responses = message(1).params['inputResponses'] as object
  expect(Object.keys(responses)).toEqual(['who', '__proto__'])
  expect(message(1).params).toMatchObject({ name: 'mail_send', arguments: { a: 1 } })
  expect(JSON.stringify(message(1).params['_meta'])).not.toContain('own')
  outcome(required({}, 'more'))
  await settle()
  expect(message(2).params).toMatchObject({ inputResponses: {}, requestState: 'more' })
  expect(submission.trace).toBe('act1')
  outcome({ resultType: 'complete', content: [] })
  expect(client.messages.at(-1)).toEqual({ jsonrpc: '2.0', id: 7, result: { content: [] } })
  expect([questions.size, clock.timers]).toEqual([0, 0])
})

test('a question that the mandate refuses is not put, and the refusal is the answer in the form of the method', async () => {
  const reasons = [{ code: 'mandate.no-entry', rule: 'm_1', what: 'not allowed' }]
  refusal = { class: 'refuse', reasons, obligations: [] }
  start()
  outcome(required({ who: elicit }))
  await settle()
  expect(client.messages).toMatchObject([{ id: 7, result: { isError: true } }])
  start({ method: 'prompts/get', single: false })
  outcome(required({ who: elicit }))
  await settle()
  expect(client.messages).toMatchObject([
    { id: 7, error: { message: expect.stringContaining('not allowed') as string } },
  ])
  expect([rounds.length, questions.size]).toEqual([2, 0])
})

test('a client that cannot answer one of the questions is asked none', async () => {
  start({ canAnswer: false })
  outcome(required({ who: elicit, what: elicit }))
  await settle()
  expect(asked()).toEqual([])
  expect(client.messages).toMatchObject([
    { id: 7, error: { message: expect.stringContaining('does not take') as string } },
  ])
})

test('an error of the client for one question ends the call, and takes the others back', async () => {
  start()
  outcome(required({ who: elicit, what: elicit }))
  await settle()
  questions.answer('ann\ns', errorResponse(asked()[0]!, -1, 'no'))
  await settle()
  expect(client.messages.map(({ method }) => method)).toContain('notifications/cancelled')
  expect(client.messages.at(-1)).toMatchObject({ id: 7, error: {} })
  expect([rounds.length, questions.size, clock.timers]).toEqual([1, 0, 0])
})

test('a client that goes away between two rounds leaves nothing behind, and nothing is called again', async () => {
  start()
  outcome(required({ who: elicit }))
  await settle()
  const [id] = asked()
  client.leave()
  await settle()
  questions.answer('ann\ns', resultResponse(id!, {}))
  await settle()
  expect([rounds.length, questions.size, clock.timers]).toEqual([1, 0, 0])
})

test('a cancellation between two rounds, and one in the second round, end the call without an answer', async () => {
  start()
  outcome(required({ who: elicit }))
  await settle()
  exchange.cancel()
  await settle()
  expect(exchange.over).toBe(true)
  expect([rounds.length, questions.size, clock.timers]).toEqual([1, 0, 0])

  start()
  outcome(required({}, 'state'))
  await settle()
  expect(rounds).toHaveLength(3)
  exchange.cancel()
  const whole = { type: 'outcome', status: 'cancelled', startedAt: 0, durationMs: 0 } as const
  sink.outcome(whole, 'act3')
  expect(exchange.over).toBe(true)
  expect(client.messages).toEqual([])
})

test('a person who does not answer is waited for ten minutes', async () => {
  start()
  outcome(required({ who: elicit }))
  await settle()
  clock.advance(599_000)
  await settle()
  expect(exchange.over).toBe(false)
  clock.advance(2000)
  await settle()
  expect(client.messages.at(-1)).toMatchObject({
    id: 7,
    error: { message: expect.stringContaining('too long') as string },
  })
  expect([questions.size, clock.timers]).toEqual([0, 0])
})

test('a server that never has enough is stopped', async () => {
  start()
  for (let round = 0; round < 100 && !exchange.over; round++) {
    outcome(required({}, 'again'))
    await settle()
  }
  expect(rounds.length).toBeLessThan(40)
  expect(clock.timers).toBe(0)
  expect(client.messages.at(-1)).toMatchObject({
    id: 7,
    error: { message: expect.stringContaining('rounds') as string },
  })
})

test.each([
  ['what no client answers', required({ a: { method: 'tools/call' } })],
  ['nothing', required({})],
  ['a form that is none', { resultType: 'input_required', inputRequests: [] }],
])('a question for %s is an error of the server', async (_name, value) => {
  start()
  outcome(value)
  await settle()
  expect(client.messages).toMatchObject([{ id: 7, error: { data: { code: 'upstream.invalid' } } }])
})

test('a server that asks while several were asked is not answered', async () => {
  start()
  submission.target = undefined
  outcome(required({ who: elicit }))
  await settle()
  expect(client.messages).toMatchObject([
    { error: { message: expect.stringContaining('several') as string } },
  ])
})
