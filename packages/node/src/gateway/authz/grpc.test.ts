import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { Fault } from '@ambit/core/fault'
import { status } from '@grpc/grpc-js'
import type { ServerUnaryCall } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { silentLog } from '../../kernel/log.ts'
import type { Checked, Intake } from '../gateway.ts'
import { aCapability, aHolder, aTarget } from '../path-fixture.ts'
import { createAuthzGrpc } from './grpc.ts'

/*
 * Bytes are written and read here by the numbers of the public API, field by field, so that the schema cannot agree with
 * itself only.
 */

function message(field: number, inner: (writer: BinaryWriter) => void, writer: BinaryWriter): BinaryWriter {
  writer.tag(field, WireType.LengthDelimited).fork()
  inner(writer)
  return writer.join()
}

function text(field: number, value: string, writer: BinaryWriter): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited).string(value)
}

function entry(field: number, key: string, value: string, writer: BinaryWriter): BinaryWriter {
  return message(field, (inner) => text(2, value, text(1, key, inner)), writer)
}

/** CheckRequest.attributes = 1 { source = 1, request = 4 { time = 1, http = 2 {…} }, context_extensions = 10 }. */
function question(http: (writer: BinaryWriter) => void): Buffer {
  const writer = new BinaryWriter()
  message(
    1,
    (attributes) => {
      message(1, (source) => text(4, 'spiffe://client', source), attributes)
      message(4, (request) => message(2, http, request), attributes)
      entry(10, 'ambit-target', 'weather', attributes)
    },
    writer,
  )
  return Buffer.from(writer.finish())
}

interface Heard {
  readonly code: status | undefined
  readonly bytes: Buffer | undefined
}

async function ask(bytes: Buffer, check: (intake: Intake) => Promise<Checked>): Promise<Heard> {
  const service = createAuthzGrpc({
    gateway: {
      authenticate: (authorization) =>
        authorization === 'Bearer ada'
          ? { ok: true, holder: aHolder() }
          : { ok: false, code: 'auth.unknown-token', detail: 'unknown' },
      visible: () => [],
      approvalUrl: (id) => `http://localhost/approvals/${id}`,
      check,
    },
    records: { target: (slug) => (slug === 'weather' ? aTarget() : undefined), targetsAt: () => [] },
    placeHeader: 'x-place',
    log: silentLog,
  })
  const handler = service.handlers['Check'] as (
    call: Pick<ServerUnaryCall<Buffer, Buffer>, 'request'>,
    done: (error: { code: status } | null, answer?: Buffer) => void,
  ) => void
  return await new Promise((resolve) =>
    handler({ request: bytes }, (error, answer) => resolve({ code: error?.code, bytes: answer })),
  )
}

const call = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'get_weather', arguments: { city: 'x' } },
}
const allow = async (): Promise<Checked> => ({
  class: 'allow',
  act: 'a'.repeat(32),
  decision: { class: 'allow', reasons: [], obligations: [] },
})

/** HttpRequest: method 2, headers 3, path 4, host 5, body 11, raw_body 12, header_map 13. */
function asked(writer: BinaryWriter): BinaryWriter {
  text(2, 'POST', writer)
  entry(3, 'authorization', 'Bearer ada', writer)
  entry(3, 'content-type', 'application/json', writer)
  entry(3, 'x-place', 'office', writer)
  text(4, '/mcp?x=1', writer)
  return text(5, 'mcp.example', writer)
}

test('is read by the numbers of the public API, whichever field holds the body', async () => {
  const bodies = [
    (writer: BinaryWriter) => text(11, JSON.stringify(call), writer),
    (writer: BinaryWriter) =>
      writer.tag(12, WireType.LengthDelimited).bytes(Buffer.from(JSON.stringify(call))),
  ]
  for (const body of bodies) {
    const intakes: Intake[] = []
    const heard = await ask(
      question((writer) => body(asked(writer))),
      async (intake) => {
        intakes.push(intake)
        return await allow()
      },
    )
    expect(heard.code).toBeUndefined()
    expect(intakes).toMatchObject([
      {
        arguments: { city: 'x' },
        capability: { id: aCapability().id },
        operation: 'POST /mcp?x=1',
        place: 'office',
      },
    ])
  }
})

test('headers as they came are read from the header map', async () => {
  const twice = question((writer) => {
    text(4, '/mcp', text(2, 'POST', writer))
    message(
      13,
      (map) => {
        for (const token of ['Bearer ada', 'Bearer bob'])
          message(
            1,
            (header) =>
              text(1, 'authorization', header).tag(3, WireType.LengthDelimited).bytes(Buffer.from(token)),
            map,
          )
      },
      writer,
    )
  })
  const { bytes } = await ask(twice, allow)
  expect(bytes!.includes('check.request')).toBe(true)
})

test('is answered by the numbers of the public API', async () => {
  const { bytes } = await ask(
    question((writer) => text(11, JSON.stringify(call), asked(writer))),
    allow,
  )
  const answer = fields(bytes!)
  // status = 1 {code = 1}: zero is not written. ok_response = 3 {headers = 2 {header = 1 {key = 1, value = 2}}, headers_to_remove = 5}.
  expect(fields(answer.get(1)![0]!).size).toBe(0)
  const ok = fields(answer.get(3)![0]!)
  const header = fields(fields(ok.get(2)![0]!).get(1)![0]!)
  expect([String(header.get(1)![0]), String(header.get(2)![0])]).toEqual(['ambit-act', 'a'.repeat(32)])
  expect(ok.get(5)!.map(String)).toContain('authorization')
  const unknown = fields(
    (
      await ask(
        question((writer) => text(2, 'GET', writer)),
        allow,
      )
    ).bytes!,
  )
  // denied_response = 2 {status = 1 {code = 1}, headers = 2, body = 3}; 401 and UNAUTHENTICATED as varints.
  expect([...unknown.get(1)![0]!]).toEqual([0x08, 16])
  const denied = fields(unknown.get(2)![0]!)
  expect([...denied.get(1)![0]!]).toEqual([0x08, 0x91, 0x03])
  expect(JSON.parse(String(denied.get(3)![0]))).toMatchObject({ status: 401, code: 'auth.unknown-token' })
})

test.each(['act.busy', 'node.draining', 'ledger.full', 'internal'] as const)(
  'a node that says %s has decided nothing: the data plane hears of no answer',
  async (code) => {
    const busy = async () => await Promise.reject(new Fault(code, { detail: 'not now' }))
    const bytes = question((writer) => text(11, JSON.stringify(call), asked(writer)))
    expect(await ask(bytes, busy)).toEqual({ code: status.UNAVAILABLE, bytes: undefined })
  },
)

/** Length-delimited fields by number. */
function fields(bytes: Buffer): Map<number, Buffer[]> {
  const found = new Map<number, Buffer[]>()
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (type !== WireType.LengthDelimited) throw new Error('a field of another kind')
    found.set(number, [...(found.get(number) ?? []), Buffer.from(reader.bytes())])
  }
  return found
}
