import { rawGrpcCaller, startRawGrpcAgent } from '@ambit/testkit/a2a-grpc-raw'
import type { RawCaller, RawGrpcAgent } from '@ambit/testkit/a2a-grpc-raw'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { doneTask, taskIn } from '@ambit/testkit/a2a-performance'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import type { RawAgent } from '@ambit/testkit/a2a-raw'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { Metadata, status } from '@grpc/grpc-js'
import type { ServerWritableStream } from '@grpc/grpc-js'
import { afterEach, expect, test } from 'vitest'
import { encode, methodForms } from './codec.ts'

/* From one peer of gRPC to another: what the node need not understand passes through. */

let agent: RawGrpcAgent
let card: RawAgent
let node: A2aNode
let caller: RawCaller

async function between(answer: (call: ServerWritableStream<Buffer, Buffer>) => void): Promise<void> {
  agent = await startRawGrpcAgent((_, call) => answer(call))
  const supportedInterfaces = [{ url: agent.address, protocolBinding: 'GRPC', protocolVersion: '1.0' }]
  card = await startRawAgent((_, response) => response.end(), { supportedInterfaces })
  node = await startA2aNode({ agents: { raw: card.url } })
  caller = rawGrpcCaller(node.grpcAddress)
}

afterEach(async () => {
  caller.close()
  await node[Symbol.asyncDispose]()
  await card[Symbol.asyncDispose]()
  agent.close()
})

function withFuture(bytes: Uint8Array, word: string): Buffer {
  const future = new BinaryWriter().tag(500, WireType.LengthDelimited).string(word).finish()
  return Buffer.concat([bytes, future])
}

const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hi' }] }

test('fields of a newer protocol reach the agent and come back', async () => {
  let asked: Buffer | undefined
  await between((call) => {
    asked = call.request
    call.write(withFuture(encode(methodForms.SendMessage.response, doneTask)!, 'from a newer agent'))
    call.end()
  })
  const request = withFuture(
    encode(methodForms.SendMessage.request, { tenant: 'raw', message })!,
    'from a newer client',
  )
  const heard: Buffer[] = []
  const stream = caller.stream('SendMessage', request, { token: 'ada' })
  stream.on('data', (bytes: Buffer) => heard.push(bytes))
  await new Promise((resolve) => stream.on('end', resolve))
  expect(asked?.includes('from a newer client')).toBe(true)
  // The name of the agent is this node's; the rest is as it was sent.
  expect(
    asked?.equals(withFuture(encode(methodForms.SendMessage.request, { message })!, 'from a newer client')),
  ).toBe(true)
  expect(heard[0]?.includes('from a newer agent')).toBe(true)
})

test('a state that only a newer agent knows is passed on, and is no end', async () => {
  // StreamResponse { status_update { task_id: "t1", status { state: 42 } } }
  const strange = Buffer.from([0x1a, 8, 0x0a, 2, 0x74, 0x31, 0x1a, 2, 0x08, 42])
  await between((call) => {
    call.write(strange)
    call.write(encode(methodForms.SendStreamingMessage.response, { task: taskIn('TASK_STATE_COMPLETED') })!)
    call.end()
  })
  const outcome = node.gateway.nextOutcome()
  const { status: ended, answers } = await caller.call(
    'SendStreamingMessage',
    { tenant: 'raw', message },
    { token: 'ada' },
  )
  expect([ended, answers[0]]).toEqual(['OK', { statusUpdate: { taskId: 't1', status: { state: 42 } } }])
  expect([answers.length, (await outcome).status]).toEqual([2, 'completed'])
})

test('an agent that calls its error a success in the details is not believed', async () => {
  await between((call) => {
    const metadata = new Metadata()
    // google.rpc.Status { message: "fine" }, whose code is OK.
    metadata.set('grpc-status-details-bin', Buffer.from([0x12, 4, ...Buffer.from('fine')]))
    call.emit('error', { code: status.NOT_FOUND, details: 'not here', metadata })
  })
  expect(await caller.call('SendMessage', { tenant: 'raw', message }, { token: 'ada' })).toMatchObject({
    status: 'NOT_FOUND',
    words: 'not here',
    details: [],
  })
})

test('which extensions the agent used is said in the metadata of the answer', async () => {
  await between((call) => {
    const metadata = new Metadata()
    metadata.set('a2a-extensions', 'urn:used')
    call.sendMetadata(metadata)
    call.write(encode(methodForms.SendMessage.response, doneTask)!)
    call.end()
  })
  const stream = caller.stream('SendMessage', { tenant: 'raw', message }, { token: 'ada' })
  const metadata = await new Promise<Metadata>((resolve) => stream.on('metadata', resolve))
  expect(metadata.get('a2a-extensions')).toEqual(['urn:used'])
  stream.cancel()
  stream.on('error', () => undefined)
})

test('a caller that reads slowly holds back the node, and the node the agent', async () => {
  const pieces = 600
  let written = 0
  const artifact = { artifactId: 'a', parts: [{ text: 'x'.repeat(64 * 1024) }] }
  const piece = encode(methodForms.SendStreamingMessage.response, {
    artifactUpdate: { taskId: 't1', contextId: 'c1', artifact },
  })!
  const last = encode(methodForms.SendStreamingMessage.response, { task: taskIn('TASK_STATE_COMPLETED') })!
  await between((call) => {
    const more = (): void => {
      while (written < pieces) {
        written++
        if (!call.write(piece)) break
      }
      if (written < pieces) call.once('drain', more)
      else {
        call.write(last)
        call.end()
      }
    }
    more()
  })
  const stream = caller.stream('SendStreamingMessage', { tenant: 'raw', message }, { token: 'ada' })
  let events = 0
  await new Promise<void>((resolve) => {
    stream.once('data', () => {
      events++
      stream.pause()
      resolve()
    })
  })
  let before = -1
  const still = (): boolean => {
    const stands = written === before
    before = written
    return stands
  }
  await expect.poll(still, { interval: 150, timeout: 5000 }).toBe(true)
  expect(written).toBeLessThan(pieces / 2)
  stream.on('data', () => events++)
  stream.resume()
  await new Promise((resolve) => stream.on('end', resolve))
  expect([written, events]).toEqual([pieces, pieces + 1])
})
