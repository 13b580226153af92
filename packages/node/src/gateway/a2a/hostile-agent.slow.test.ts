import type { ServerResponse } from 'node:http'
import {
  a2aOutbound,
  answerEvents,
  answerJson,
  doneTask,
  helloParams,
  performed,
  rpcAnswer,
  taskIn,
} from '@ambit/testkit/a2a-performance'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import type { RawRequest } from '@ambit/testkit/a2a-raw'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { createAddressGuard } from '../../net/address.ts'
import { createUpstream } from '../../net/upstream.ts'
import { createA2aEgress } from './egress.ts'

const guard = createAddressGuard(['127.0.0.0/8'])
const upstream = createUpstream(guard)
const egress = createA2aEgress({
  upstream,
  guard,
  clock: systemClock,
  timeouts: { answerMs: 1500, streamIdleMs: 1500 },
})
afterAll(async () => {
  await egress.close()
  await upstream.close()
})

interface Lie {
  readonly name: string
  readonly transport: 'jsonrpc' | 'http+json'
  readonly stream?: boolean
  readonly code: string
  respond(request: RawRequest, response: ServerResponse): void
}

const lies: readonly Lie[] = [
  {
    name: 'HTML for JSON-RPC',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (_, to) => answerJson(to, '<p>', 200, 'text/html'),
  },
  {
    name: 'JSON that is none',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (_, to) => answerJson(to, '{"jsonrpc":'),
  },
  {
    name: 'nothing at all',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (_, to) => answerJson(to, ''),
  },
  {
    name: 'a list',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (_, to) => answerJson(to, '[]'),
  },
  {
    name: 'nested beyond reason',
    transport: 'http+json',
    code: 'upstream.invalid',
    respond: (_, to) =>
      answerJson(to, `{"message":{"messageId":"a","parts":[${'['.repeat(200_000)}${']'.repeat(200_000)}]}}`),
  },
  {
    name: 'bytes that are not UTF-8',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (_, to) =>
      to.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22])),
  },
  {
    name: 'another id',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (_, to) => answerJson(to, rpcAnswer('other', { result: doneTask })),
  },
  {
    name: 'another version of JSON-RPC',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (request, to) => answerJson(to, { jsonrpc: '1.0', id: request.id, result: doneTask }),
  },
  {
    name: 'result and error at once',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (request, to) =>
      answerJson(to, rpcAnswer(request.id, { result: doneTask, error: { code: 1, message: '' } })),
  },
  {
    name: 'neither result nor error',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (request, to) => answerJson(to, rpcAnswer(request.id, {})),
  },
  {
    name: 'an error without a code',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (request, to) => answerJson(to, rpcAnswer(request.id, { error: { message: 'no' } })),
  },
  {
    name: 'neither task nor message',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (request, to) => answerJson(to, rpcAnswer(request.id, { result: { hello: 1 } })),
  },
  {
    name: 'task and message at once',
    transport: 'http+json',
    code: 'upstream.invalid',
    respond: (_, to) => answerJson(to, { ...doneTask, message: { messageId: 'x', parts: [] } }),
  },
  {
    name: 'a task without a state',
    transport: 'http+json',
    code: 'upstream.invalid',
    respond: (_, to) => answerJson(to, { task: { id: 't1', status: {} } }),
  },
  {
    name: 'a redirect',
    transport: 'http+json',
    code: 'upstream.invalid',
    respond: (_, to) => to.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
  },
  {
    name: 'an unavailable proxy',
    transport: 'http+json',
    code: 'upstream.unreachable',
    respond: (_, to) => answerJson(to, 'busy', 503, 'text/plain'),
  },
  {
    name: 'a stream for one answer',
    transport: 'jsonrpc',
    code: 'upstream.invalid',
    respond: (request, to) => answerEvents(to, rpcAnswer(request.id, { result: doneTask })),
  },
  {
    name: 'one answer for a stream',
    transport: 'jsonrpc',
    stream: true,
    code: 'upstream.invalid',
    respond: (request, to) => answerJson(to, rpcAnswer(request.id, { result: doneTask })),
  },
  {
    name: 'a stream of nothing',
    transport: 'http+json',
    stream: true,
    code: 'upstream.invalid',
    respond: (_, to) => answerEvents(to),
  },
  {
    name: 'a stream of no JSON',
    transport: 'http+json',
    stream: true,
    code: 'upstream.invalid',
    respond: (_, to) => answerEvents(to, 'hello'),
  },
  {
    name: 'a stream of something else',
    transport: 'http+json',
    stream: true,
    code: 'upstream.invalid',
    respond: (_, to) => answerEvents(to, '{"hello":1}'),
  },
  {
    name: 'a stream with another id',
    transport: 'jsonrpc',
    stream: true,
    code: 'upstream.invalid',
    respond: (_, to) => answerEvents(to, rpcAnswer(7, { result: doneTask })),
  },
  {
    name: 'an answer without an end',
    transport: 'http+json',
    code: 'upstream.too-large',
    respond: (_, to) => flood(to, 'application/json', 'x'),
  },
  {
    name: 'a line without an end',
    transport: 'http+json',
    stream: true,
    code: 'upstream.too-large',
    respond: (_, to) => flood(to, 'text/event-stream', 'data: '),
  },
  { name: 'silence', transport: 'jsonrpc', code: 'upstream.timeout', respond: () => undefined },
  {
    name: 'silence in the middle',
    transport: 'http+json',
    stream: true,
    code: 'upstream.timeout',
    respond: (_, to) =>
      to
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write(`data: ${JSON.stringify({ task: taskIn('TASK_STATE_WORKING') })}\n\n`),
  },
  {
    name: 'a cut connection',
    transport: 'jsonrpc',
    code: 'upstream.unreachable',
    respond: (_, to) => to.destroy(),
  },
]

function flood(response: ServerResponse, type: string, start: string): void {
  response.writeHead(200, { 'content-type': type })
  response.write(start)
  const piece = Buffer.alloc(1024 * 1024, 'x')
  function more(): void {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

test.each(lies)('an agent that answers with $name fails the act with $code', async (lie) => {
  await using agent = await startRawAgent((request, response) => lie.respond(request, response))
  const { result, outcomes } = await performed(
    egress,
    a2aOutbound(agent.url, lie.transport, { stream: lie.stream ?? false }),
  )
  expect([result.status, result.error?.code, result.value, result.wire, outcomes]).toEqual([
    'failed',
    lie.code,
    undefined,
    undefined,
    1,
  ])
})

const errors: readonly (readonly [string, 'jsonrpc' | 'http+json', object, boolean])[] = [
  ['as it should', 'jsonrpc', { id: 'mine', error: { code: -32001, message: 'no' } }, true],
  ['without words', 'jsonrpc', { id: 'mine', error: { code: -32001 } }, false],
  ['without an id', 'jsonrpc', { error: { code: -32001, message: 'no' } }, false],
  ['as it should', 'http+json', { error: { code: 404, status: 'NOT_FOUND', message: 'no' } }, true],
  ['without words', 'http+json', { error: { code: 404, status: 'NOT_FOUND' } }, false],
]

test.each(errors)('the bytes of an error said %s over %s go on only when it is whole', async (...row) => {
  const [, transport, said, goesOn] = row
  const rpc = transport === 'jsonrpc'
  await using agent = await startRawAgent((_, response) =>
    answerJson(response, rpc ? { jsonrpc: '2.0', ...said } : said, rpc ? 200 : 404),
  )
  const message = { jsonrpc: '2.0', id: 'mine', method: 'SendMessage', params: helloParams }
  const wire = { protocol: `a2a/1.0/${transport}`, message, bytes: Buffer.from(JSON.stringify(message)) }
  const { result } = await performed(egress, a2aOutbound(agent.url, transport, { wire }))
  expect([result.status, result.wire !== undefined]).toEqual(['failed', goesOn])
  expect(result.value).toMatchObject({ error: { code: rpc ? -32001 : 404 } })
})
