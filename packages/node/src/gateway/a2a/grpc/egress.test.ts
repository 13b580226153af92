import { setDefaultCACertificates, getCACertificates } from 'node:tls'
import { startRawGrpcAgent } from '@ambit/testkit/a2a-grpc-raw'
import type { RawGrpcAgent } from '@ambit/testkit/a2a-grpc-raw'
import { bareA2aTarget } from '@ambit/testkit/a2a-node'
import { a2aOutbound, doneTask, performed, taskIn } from '@ambit/testkit/a2a-performance'
import { selfSigned } from '@ambit/testkit/certificate'
import type { Method } from '@ambit/core/wire/a2a/method'
import { wireProtocol } from '@ambit/core/wire/a2a/version'
import { Metadata, ServerCredentials, status } from '@grpc/grpc-js'
import type { ServerWritableStream } from '@grpc/grpc-js'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { limits } from '../../../kernel/limits.ts'
import { createAddressGuard } from '../../../net/address.ts'
import { createUpstream } from '../../../net/upstream.ts'
import type { Egress, Outbound } from '../../egress.ts'
import { createA2aEgress } from '../egress.ts'
import { decode, encode, methodForms } from './codec.ts'

type Answering = ServerWritableStream<Buffer, Buffer>

const closing: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

function egressTo(allowed: readonly string[]): Egress {
  const guard = createAddressGuard(allowed)
  const upstream = createUpstream(guard)
  const timeouts = { answerMs: 700, streamIdleMs: 700 }
  const egress = createA2aEgress({ upstream, guard, clock: systemClock, timeouts })
  closing.push(async () => {
    await egress.close()
    await upstream.close()
  })
  return egress
}
const egress = egressTo(['127.0.0.0/8', '::1'])

async function agentThat(
  answer: (method: Method, call: Answering) => void,
  secured?: ServerCredentials,
): Promise<RawGrpcAgent> {
  const agent = await startRawGrpcAgent(answer, secured)
  closing.push(() => agent.close())
  return agent
}

function outbound(url: string, change: Partial<Outbound> = {}): Outbound {
  const target = bareA2aTarget('raw', url, 'grpc')
  return { ...a2aOutbound('', 'jsonrpc'), target, capability: target.capabilities.get('message')!, ...change }
}

const streamed = { stream: true } as const
const done = encode(methodForms.SendMessage.response, doneTask)!
function event(value: object): Buffer {
  return encode(methodForms.SendStreamingMessage.response, value)!
}

test('credentials, extensions and the trace are metadata of the call', async () => {
  let heard: Record<string, unknown> = {}
  const agent = await agentThat((_, call) => {
    heard = call.metadata.getMap()
    call.write(done)
    call.end()
  })
  const { result } = await performed(
    egress,
    outbound(`http://${agent.address}`, {
      headers: ['Authorization', 'Bearer upstream-secret', 'X-Key', 'k'],
      wireHeaders: ['A2A-Extensions', 'urn:a'],
    }),
  )
  expect(result.status).toBe('completed')
  expect(result.value).toEqual(doneTask)
  expect(heard).toMatchObject({
    authorization: 'Bearer upstream-secret',
    'x-key': 'k',
    'a2a-extensions': 'urn:a',
    'a2a-version': '1.0',
    traceparent: `00-${'2'.repeat(32)}-${'1'.repeat(16)}-01`,
  })
})

test('a literal address and a name that lead to loopback are refused where that is not allowed', async () => {
  let reached = 0
  const agent = await agentThat((_, call) => {
    reached++
    call.end()
  })
  const guarded = egressTo([])
  const port = agent.address.split(':')[1]
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]']) {
    const { result } = await performed(guarded, outbound(`http://${host}:${port}`))
    expect(result.error?.code, host).toBe('address.refused')
  }
  expect(reached).toBe(0)
  expect((await performed(egress, outbound(`http://localhost:${port}`))).result.error?.code).not.toBe(
    'address.refused',
  )
  expect(reached).toBe(1)
})

test('TLS is spoken with the name of the address, and a certificate nobody vouches for is not taken', async () => {
  const { cert, key } = selfSigned('localhost')
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }
  const agent = await agentThat(
    (_, call) => {
      call.write(done)
      call.end()
    },
    ServerCredentials.createSsl(null, [pair]),
  )
  const url = `https://localhost:${agent.address.split(':')[1]}`
  expect((await performed(egress, outbound(url))).result.error?.code).toBe('upstream.unreachable')
  const known = getCACertificates('default')
  setDefaultCACertificates([...known, cert])
  try {
    const fresh = egressTo(['127.0.0.0/8', '::1'])
    expect((await performed(fresh, outbound(url))).result.status).toBe('completed')
    const other = url.replace('localhost', '127.0.0.1')
    expect((await performed(fresh, outbound(other))).result.error?.code).toBe('upstream.unreachable')
  } finally {
    setDefaultCACertificates(known)
  }
})

test('where nothing listens it is unreachable, and reached again once something does', async () => {
  const agent = await startRawGrpcAgent((_, call) => call.end())
  agent.close()
  const { result } = await performed(egress, outbound(`http://${agent.address}`))
  expect(result).toMatchObject({ status: 'failed', error: { code: 'upstream.unreachable' } })
})

interface Lie {
  readonly name: string
  readonly stream: boolean
  readonly code: string
  readonly answer: (call: Answering) => void
}

const lies: readonly Lie[] = [
  { name: 'never answers', stream: false, code: 'upstream.timeout', answer: () => undefined },
  {
    name: 'falls silent in a stream',
    stream: true,
    code: 'upstream.timeout',
    answer: (call) => call.write(event({ task: taskIn('TASK_STATE_WORKING') })),
  },
  {
    name: 'answers with bytes that are no message',
    stream: false,
    code: 'upstream.invalid',
    answer: (call) => (call.write(Buffer.from([0xff])), call.end()),
  },
  {
    name: 'answers with neither task nor message',
    stream: false,
    code: 'upstream.invalid',
    answer: (call) => (call.write(Buffer.alloc(0)), call.end()),
  },
  {
    name: 'streams bytes that are no message',
    stream: true,
    code: 'upstream.invalid',
    answer: (call) => (call.write(Buffer.from([0xff])), call.end()),
  },
  {
    name: 'streams an event that is none',
    stream: true,
    code: 'upstream.invalid',
    answer: (call) => (call.write(Buffer.alloc(0)), call.end()),
  },
  { name: 'streams nothing', stream: true, code: 'upstream.invalid', answer: (call) => call.end() },
  {
    name: 'answers with more than is kept',
    stream: false,
    code: 'upstream.too-large',
    answer: (call) => (call.write(Buffer.alloc(limits.answerBytesMax + 1)), call.end()),
  },
  {
    name: 'streams more than is kept',
    stream: true,
    code: 'upstream.too-large',
    answer: (call) => (call.write(Buffer.alloc(limits.answerBytesMax + 1)), call.end()),
  },
  {
    name: 'breaks off',
    stream: true,
    code: 'upstream.unreachable',
    answer: (call) => call.emit('error', { code: status.UNAVAILABLE, details: 'bye' }),
  },
]

test.each(lies)('an agent that $name gives $code', async ({ stream, code, answer }) => {
  const agent = await agentThat((_, call) => answer(call))
  const { result, outcomes } = await performed(egress, outbound(`http://${agent.address}`, { stream }))
  expect(result).toMatchObject({ status: 'failed', error: { code } })
  expect(outcomes).toBe(1)
})

test('an error of the agent keeps its code, its words and its details, in either form', async () => {
  const agent = await agentThat((_, call) => {
    const metadata = new Metadata()
    metadata.set('grpc-status-details-bin', Buffer.from('garbage that is no status'))
    call.emit('error', { code: status.NOT_FOUND, details: 'no such thing', metadata })
  })
  const { result } = await performed(egress, outbound(`http://${agent.address}`))
  expect(result).toMatchObject({
    status: 'failed',
    value: { error: { code: 404, status: 'NOT_FOUND', message: 'no such thing', details: [] } },
  })
})

test('a stream is passed on event by event, with the bytes for a caller of gRPC only', async () => {
  const agent = await agentThat((_, call) => {
    call.write(event({ task: taskIn('TASK_STATE_WORKING') }))
    call.write(
      event({ statusUpdate: { taskId: 't1', contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' } } }),
    )
    call.end()
  })
  const url = `http://${agent.address}`
  const json = await performed(egress, outbound(url, streamed))
  expect(json.events.map(({ type }) => type)).toEqual(['progress', 'progress'])
  expect(json.events.every((seen) => !('wire' in seen))).toBe(true)
  expect(json.result.status).toBe('completed')
  const body = encode(methodForms.SendStreamingMessage.request, {
    message: { messageId: 'm', parts: [{ text: 'x' }] },
  })!
  const wire = { protocol: wireProtocol('GRPC'), message: {}, bytes: body }
  const grpc = await performed(egress, outbound(url, { ...streamed, wire }))
  expect(grpc.events.every((seen) => 'wire' in seen && seen.wire !== undefined)).toBe(true)
})

test('stopping an act cancels its task and then its stream', async () => {
  const said: string[] = []
  let gone: (() => void) | undefined
  const closed = new Promise<void>((resolve) => (gone = resolve))
  const agent = await agentThat((method, call) => {
    said.push(method)
    if (method === 'CancelTask') {
      said.push(String(decode(methodForms.CancelTask.request, call.request)!.json['id']))
      call.end()
      return
    }
    call.on('cancelled', () => gone?.())
    call.write(event({ task: taskIn('TASK_STATE_WORKING') }))
  })
  const { result } = await performed(
    egress,
    outbound(`http://${agent.address}`, streamed),
    (_event, performance) => {
      performance?.cancel('recalled')
      return true
    },
  )
  expect(result).toMatchObject({ status: 'cancelled', error: { code: 'act.cancelled', detail: 'recalled' } })
  await closed
  await expect.poll(() => said).toEqual(['SendStreamingMessage', 'CancelTask', 't1'])
})

test('a caller who reads slowly holds the agent back', async () => {
  const pieces = 600
  let written = 0
  const piece = event({
    artifactUpdate: {
      taskId: 't1',
      contextId: 'c1',
      artifact: { artifactId: 'a', parts: [{ text: 'x'.repeat(64 * 1024) }] },
    },
  })
  const agent = await agentThat((_, call) => {
    const more = (): void => {
      while (written < pieces) {
        written++
        if (!call.write(piece)) break
      }
      if (written < pieces) call.once('drain', more)
      else call.end()
    }
    more()
  })
  let held: (() => void) | undefined
  let events = 0
  const running = performed(egress, outbound(`http://${agent.address}`, streamed), (_event, performance) => {
    events++
    held = () => performance?.resume()
    return events > 1
  })
  // Held back: what is under way fills the buffers between and then stands still.
  let before = -1
  await expect
    .poll(
      () => {
        const still = written === before && written > 0
        before = written
        return still
      },
      { interval: 100 },
    )
    .toBe(true)
  expect(events).toBe(1)
  expect(written).toBeLessThan(200)
  held?.()
  const { result } = await running
  expect([result.status, events]).toEqual(['completed', pieces])
})
