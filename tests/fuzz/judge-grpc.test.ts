import type { IncomingHttpHeaders } from 'node:http2'
import { a2aError } from '@ambit/core/wire/a2a/error'
import { encode, methodForms, methodPath } from '@ambit/node/gateway/a2a/grpc/codec'
import { statusOf } from '@ambit/node/gateway/a2a/grpc/status'
import { expect, test } from 'vitest'
import { frameOf } from './grpc-drafts.ts'
import type { GrpcShot } from './grpc-drafts.ts'
import type { GrpcAnswer } from './grpc-lane.ts'
import { judgeGrpc } from './judge-grpc.ts'

const shot: GrpcShot = {
  at: 0,
  what: 'grpc GetTask',
  holder: 'ann',
  verb: 'POST',
  path: methodPath('GetTask'),
  method: 'GetTask',
  manner: 'whole',
  metadata: [],
  bytes: Buffer.alloc(5),
  framed: true,
  body: Buffer.alloc(0),
  flavour: 'true',
  plain: true,
}
const task = (id: string) => frameOf(encode(methodForms.GetTask.response, { id, status: {} })!)
const ok = { 'grpc-status': '0' }

function objectionTo(body: Buffer, trailers: IncomingHttpHeaders, missing?: string, http = 200) {
  const headers = { ':status': http } as GrpcAnswer['headers']
  return judgeGrpc(shot, { headers, trailers, body, whole: missing === undefined, missing }, new Set())
}

/** How an error of the node ends a call. */
function failing(code: string): IncomingHttpHeaders {
  const { details } = statusOf(a2aError('INTERNAL', 'm', { code }))
  return { 'grpc-status': '13', 'grpc-status-details-bin': details.toString('base64') }
}

test('lets pass what gRPC defines', () => {
  expect(objectionTo(task('t'), ok)).toBeUndefined()
  expect(objectionTo(Buffer.alloc(0), { 'grpc-status': '5', 'grpc-message': 'm' })).toBeUndefined()
  expect(objectionTo(Buffer.alloc(0), failing('upstream.timeout'))).toBeUndefined()
})

const wrong: Readonly<Record<string, Parameters<typeof objectionTo>>> = {
  'an internal fault': [Buffer.alloc(0), failing('internal')],
  'an error without a name': [Buffer.alloc(0), { 'grpc-status': '2' }],
  'a status that is none': [Buffer.alloc(0), { 'grpc-status': '99' }],
  'a status of HTTP': [Buffer.alloc(0), {}, undefined, 500],
  'a message of another form': [frameOf(Buffer.from([0xff])), ok],
  'a frame without its end': [Buffer.concat([task('t'), Buffer.alloc(6)]), ok],
  'two answers to one call': [Buffer.concat([task('t'), task('t')]), ok],
  'no answer': [Buffer.alloc(0), ok],
  'no end': [Buffer.alloc(0), {}, 'no answer'],
  'metadata of a message': [task('t'), { ...ok, 'set-cookie': ['a=b'] }],
}

test.each(Object.entries(wrong))('objects to %s', (_name, given) => {
  expect(objectionTo(...given)).toMatchObject({ kind: 'undefined' })
})

test('objects to a secret of another caller, in a message and in the details of an error', () => {
  expect(objectionTo(task('CANARY-bob-1'), ok)).toMatchObject({ kind: 'leak' })
  expect(objectionTo(Buffer.alloc(0), failing('CANARY-bob-1'))).toMatchObject({ kind: 'leak' })
})
