import { operations } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'
import { encode, methodForms, methodPath } from '@ambit/node/gateway/a2a/grpc/codec'
import { draftOperation } from './a2a-drafts.ts'
import type { A2aScene } from './a2a-drafts.ts'
import type { Shot } from './draft.ts'
import { mutateBytes } from './hostile-bytes.ts'
import type { Random } from './random.ts'

/** How a call goes out: whole, or as no client should. */
export type GrpcManner = 'whole' | 'cancel' | 'cancel-answer' | 'open' | 'garbage'

/** A call of gRPC as bytes. */
export interface GrpcShot extends Shot {
  readonly method: Method
  readonly manner: GrpcManner
  /** Of the request; a name may come more than once. */
  readonly metadata: readonly (readonly [name: string, value: string])[]
}

const manners: readonly GrpcManner[] = [
  ...Array.from<GrpcManner>({ length: 14 }).fill('whole'),
  'cancel',
  'cancel-answer',
  'open',
  'garbage',
]

const oddMetadata: readonly (readonly [string, string])[] = [
  ['a2a-version', '0.3'],
  ['a2a-version', ''],
  ['a2a-version', '9'.repeat(9000)],
  ['authorization', 'Bearer nobody'],
  ['a2a-extensions', 'x'.repeat(8000)],
  ['traceparent', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`],
  ['origin', 'http://evil.example'],
  ['grpc-timeout', '1n'],
  ['grpc-timeout', '5m'],
  ['grpc-timeout', 'never'],
  ['grpc-timeout', '99999999H'],
  ['grpc-encoding', 'gzip'],
  ['grpc-encoding', 'nothing-known'],
  ['grpc-accept-encoding', 'gzip'],
  ['grpc-status', '0'],
  ['grpc-previous-rpc-attempts', '-1'],
  ['x-binary-bin', '%%%'],
  ['__proto__', 'x'],
  ['x-injected', '1'],
  ['content-type', 'application/grpc+json'],
  ['content-type', 'text/plain'],
]

const oddPaths = [
  '/',
  '/lf.a2a.v1.A2AService/Nothing',
  '/lf.a2a.v1.A2AService',
  '/__proto__/x',
  '/%2e%2e',
] as const
const oddTenants = [
  '',
  'nobody',
  '__proto__',
  '/',
  'true-rpc/../odd-rpc',
  '\u0000',
  'x'.repeat(3000),
] as const

/** A call of A2A over gRPC to one of the agents, with up to three things done to it that nobody should do. */
export function grpcShot(random: Random, at: number, scene: A2aScene): GrpcShot {
  const { slug, flavour, operation } = draftOperation(scene)
  const method = operation.method as Method
  const tenant = random.onceIn(12) ? random.pick(oddTenants) : slug
  const state: State = {
    path: methodPath(method),
    metadata: [
      ['authorization', `Bearer ${scene.token}`],
      ['a2a-version', '1.0'],
    ],
    message: encode(methodForms[method].request, { ...operation.params, tenant }) ?? Buffer.alloc(0),
    frame: undefined,
  }
  const turns = random.pick([0, 0, 1, 1, 2, 3])
  for (let turn = 0; turn < turns; turn++) mutate(random, state)
  const { path, metadata, message } = state
  return {
    at,
    what: `grpc ${method}`,
    holder: scene.holder,
    verb: 'POST',
    path,
    method,
    metadata,
    manner: random.pick(manners),
    bytes: state.frame ?? frameOf(message),
    framed: state.frame === undefined,
    body: message,
    flavour,
    plain: turns === 0,
  }
}

interface State {
  path: string
  metadata: (readonly [string, string])[]
  message: Buffer
  frame: Buffer | undefined
}

function mutate(random: Random, state: State): void {
  switch (random.below(8)) {
    case 0:
    case 1:
      state.message = mutateBytes(random, state.message)
      return
    case 2:
      state.message = mutateFields(random, state.message)
      return
    case 3:
      state.frame = oddFrame(random, state.message)
      return
    case 4:
      state.metadata.splice(random.below(state.metadata.length), 1)
      return
    case 5:
      state.metadata.push(random.pick(state.metadata.length === 0 ? oddMetadata : state.metadata))
      return
    case 6:
      if (random.onceIn(4)) state.path = random.pick(oddPaths)
      return
    default:
      state.metadata.push(random.pick(oddMetadata))
  }
}

/** Protocol buffers that parsers differ on: fields twice, unknown, of another wire type, cut, nested without end. */
function mutateFields(random: Random, message: Buffer): Buffer {
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([message, message])
    case 1:
      // Field 99, a length that is longer than what follows.
      return Buffer.concat([message, Buffer.from([0x9a, 0x06, 0x7f, 0x01])])
    case 2:
      // Field 1 as a varint of eleven bytes.
      return Buffer.concat([Buffer.from([0x08, ...Array.from({ length: 11 }, () => 0xff)]), message])
    case 3:
      // Groups that open and do not close.
      return Buffer.concat([message, Buffer.alloc(random.pick([3, 5000]), 0x0b)])
    case 4:
      return nested(random.pick([200, 20_000]))
    default:
      // Field 0, which there is none.
      return Buffer.concat([Buffer.from([0x00]), message])
  }
}

/** A message with metadata (a google.protobuf.Struct) that many deep. */
function nested(depth: number): Buffer {
  let inner = Buffer.alloc(0)
  for (let level = 0; level < depth && inner.length < nestedBytesMax; level++)
    inner = Buffer.concat([Buffer.from([0x0a]), varint(inner.length), inner])
  return inner
}

const nestedBytesMax = 60_000

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}

/** A message as gRPC frames it: a flag for compression, the length, the bytes. */
export function frameOf(message: Buffer, flag = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flag)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

function oddFrame(random: Random, message: Buffer): Buffer {
  const { length } = message
  switch (random.below(8)) {
    case 0:
      return frameOf(message, 1)
    case 1:
      return frameOf(message, 7)
    case 2:
      return frameOf(message, 0, length + 10)
    case 3:
      return frameOf(message, 0, Math.max(0, length - 3))
    case 4:
      return frameOf(message, 0, 0xff_ff_ff_ff)
    case 5:
      return Buffer.concat([frameOf(message), frameOf(message)])
    case 6:
      return frameOf(message).subarray(0, random.below(6))
    default:
      return Buffer.alloc(0)
  }
}

export function isStream(method: Method): boolean {
  return operations[method].streams
}
