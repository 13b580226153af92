import { Fault } from '@ambit/core/fault'
import type { JsonObject, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { handClock } from '@ambit/testkit/clock'
import { beforeEach, expect, test } from 'vitest'
import type { CallEnd, CallListener } from './pending-call.ts'
import type { ClientAnswer } from './server-questions.ts'
import { Session } from './session.ts'
import type { SendFailure } from './session-transport.ts'

type Message = {
  id?: number | string
  method?: string
  params?: JsonObject
  result?: unknown
  error?: { code: number }
}

let clock: ReturnType<typeof handClock>
let sent: Message[]
let failing: ((failure: SendFailure) => void)[]
let session: Session

beforeEach(() => {
  clock = handClock()
  sent = []
  failing = []
  session = new Session(
    {
      send(message: JsonRpcMessage, failed) {
        sent.push(message as Message)
        failing.push(failed)
        return { done: () => undefined, resume: () => undefined }
      },
      listen: (_lost, settled) => {
        settled()
        return () => undefined
      },
      close: async () => await Promise.resolve(),
    },
    clock,
    { answerTimeoutMs: 60_000, callMsMax: 3_600_000 },
  )
})

/** One call, its end, what was said in it, and the questions put in it. */
function call(more: Partial<CallListener> = {}) {
  const ends: CallEnd[] = []
  const notes: unknown[] = []
  const questions: { method: string; answer: (answer: ClientAnswer) => void; withdrawn: boolean }[] = []
  const made = session.call(
    'tools/call',
    {},
    {
      note: (_type, value) => notes.push(value) > 0,
      ask(capability, _params, answered) {
        const question = { method: capability.id, answer: answered, withdrawn: false }
        questions.push(question)
        return () => {
          question.withdrawn = true
          answered({ type: 'error', error: { code: -1, message: 'taken back' } })
        }
      },
      end: (end) => ends.push(end),
      ...more,
    },
    { progress: true },
  )
  return { ends, notes, questions, call: made, id: sent.at(-1)?.id as number }
}

const ask = (id: number | string, method = 'elicitation/create') =>
  ({ jsonrpc: '2.0', id, method, params: {} }) as const
const accepted: ClientAnswer = { type: 'result', result: { action: 'accept' } }
const timedOut = { type: 'failed', fault: expect.objectContaining({ code: 'upstream.timeout' }) as unknown }

test('a ping is answered at once, and what no client answers is declined', () => {
  const { id, questions } = call()
  session.receive(ask('p', 'ping'), id)
  session.receive(ask('t', 'tools/call'), id)
  session.receive(ask(7, 'elicitation/create'), id + 1)
  expect(sent.slice(1)).toMatchObject([
    { id: 'p', result: {} },
    { id: 't', error: { code: -32_601 } },
    { id: 7, error: { code: -32_600 } },
  ])
  expect(questions).toEqual([])
})

test('what a server asks before the first call goes to its caller', () => {
  session.receive(ask(7, 'roots/list'))
  const { questions } = call()
  expect(questions.map(({ method }) => method)).toEqual(['roots/list'])
  questions[0]!.answer({ type: 'result', result: { roots: [] } })
  expect(sent.at(-1)).toEqual({ jsonrpc: '2.0', id: 7, result: { roots: [] } })
})

test('what it asked and took back before a call is asked nobody', () => {
  session.receive(ask(7, 'roots/list'))
  session.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } })
  expect(call().questions).toEqual([])
})

test('several questions at once are told apart, and one that is said again is asked once', () => {
  const { id, questions } = call()
  session.receive(ask(1), id)
  session.receive(ask('1', 'roots/list'), id)
  session.receive(ask(1), id)
  expect(questions.map(({ method }) => method)).toEqual(['elicitation/create', 'roots/list'])
  questions[1]!.answer({ type: 'result', result: { roots: [] } })
  questions[0]!.answer(accepted)
  expect(sent.slice(1)).toEqual([
    { jsonrpc: '2.0', id: '1', result: { roots: [] } },
    { jsonrpc: '2.0', id: 1, result: { action: 'accept' } },
  ])
})

test('a question that the server takes back is withdrawn, and its late answer goes nowhere', () => {
  const { id, questions } = call()
  session.receive(ask('q'), id)
  session.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'q' } }, id)
  expect(questions[0]!.withdrawn).toBe(true)
  questions[0]!.answer(accepted)
  expect(sent).toHaveLength(1)
})

test('a flood of questions is declined', () => {
  const { id, questions } = call()
  for (let at = 0; at < 1000; at++) session.receive(ask(at), id)
  expect(questions).toHaveLength(256)
  expect(sent.slice(1).filter(({ error }) => error?.code === -32_600)).toHaveLength(744)
})

test('while a question is open the call waits for the person, and then for the server again', () => {
  const { id, ends, questions } = call()
  session.receive(ask('a'), id)
  session.receive(ask('b'), id)
  clock.advance(300_000)
  questions[0]!.answer(accepted)
  clock.advance(300_000)
  expect(ends).toEqual([])
  questions[1]!.answer(accepted)
  clock.advance(59_000)
  expect(ends).toEqual([])
  clock.advance(1000)
  expect(ends).toMatchObject([timedOut])
  expect(sent.at(-1)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } })
})

test('a question that nobody answers does not hold a call for ever', () => {
  const { id, ends } = call()
  session.receive(ask('a'), id)
  clock.advance(629_000)
  expect(ends).toEqual([])
  clock.advance(1000)
  expect(ends).toMatchObject([timedOut])
  expect(clock.timers).toBe(0)
})

test('a call ends after the longest time a call may take, whatever is said or asked in it', () => {
  const { id, ends } = call()
  for (let at = 0; at < 20; at++) {
    session.receive(ask(at), id)
    clock.advance(200_000)
    session.receive({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: id } }, id)
  }
  expect(ends).toMatchObject([timedOut])
  expect(clock.timers).toBe(0)
})

test('an answer after the end of its call reaches the server, and starts no clock', () => {
  const { id, ends, questions } = call()
  session.receive(ask('q'), id)
  session.receive({ jsonrpc: '2.0', id, result: {} }, id)
  expect(ends).toHaveLength(1)
  questions[0]!.answer(accepted)
  expect(clock.timers).toBe(0)
  expect(sent.at(-1)).toMatchObject({ id: 'q', result: {} })
})

test('what belongs to no call by its place is for the newest call of a client, never for a request of the node', () => {
  const first = call()
  const second = call()
  void session.settle('logging/setLevel', { level: 'error' })
  session.receive(ask('q'))
  session.receive({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x' } })
  expect([first.questions.length, second.questions.length]).toEqual([0, 1])
  expect([first.notes.length, second.notes.length]).toEqual([0, 1])
})

test('a stream answers its own request only', () => {
  const first = call()
  const second = call()
  session.receive({ jsonrpc: '2.0', id: first.id, result: {} }, second.id)
  session.receive(
    { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: first.id, progress: 1 } },
    second.id,
  )
  expect([first.ends, first.notes]).toEqual([[], []])
})

test('what arrives together with what asked to pause is passed on where the stream is one call’s own', () => {
  const seen: unknown[] = []
  const { id } = call({ note: (_type, value) => seen.push(value) < 0 })
  const log = { jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x' } }
  expect([session.receive(log, id), session.receive(log, id)]).toEqual([false, false])
  expect(seen).toHaveLength(2)
  // Pipes cannot pause for one call alone: there it is dropped until the caller has room again.
  expect(session.receive(log)).toBe(true)
  expect(seen).toHaveLength(2)
})

test('the log level is that of the client that wants most, and an unknown one is not sent', () => {
  for (const level of ['error', 'critical', 'nonsense', 'debug', 'info']) void session.setLogLevel(level)
  expect(sent.map(({ params }) => params?.['level'])).toEqual(['error', 'debug'])
})

test('a server that leaves the request for a level unanswered holds no call up for long', async () => {
  const set = session.setLogLevel('debug')
  clock.advance(5000)
  await set
})

test('nothing is sent in a session that is over, and that is certain', async () => {
  await session.close()
  const { ends } = call()
  expect(sent).toEqual([])
  expect(ends).toMatchObject([{ type: 'failed', sessionLost: 'unexecuted' }])
  expect(clock.timers).toBe(0)
})

test('a session that fails ends every call once, and tells who listens', () => {
  const lost: string[] = []
  session.listen(
    () => undefined,
    (fault) => lost.push(fault.code),
  )
  const first = call()
  session.fail(new Fault('upstream.unreachable', { detail: 'gone' }))
  failing[0]!({ fault: new Fault('upstream.timeout', { detail: 'late' }), sessionLost: false })
  expect(first.ends).toHaveLength(1)
  expect(lost).toEqual(['upstream.unreachable'])
  expect(session.isListening).toBe(false)
})
