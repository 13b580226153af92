import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { DescMessage, Message } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import type { Any } from '@bufbuild/protobuf/wkt'
import { status } from '@grpc/grpc-js'
import { foreignAsRest } from '@ambit/core/wire/a2a/error'
import type { A2aError, ErrorInfo, ForeignError } from '@ambit/core/wire/a2a/error'
import { readSchema } from '../../protobuf-schema.ts'
import { rpcPackage, rpcSchema } from './status-schema.ts'

/** Where the whole `google.rpc.Status` of an error travels, beside the code and the words. */
export const detailsKey = 'grpc-status-details-bin'

/** How an answer ends in gRPC: the code, the words for a person, and the details (a `google.rpc.Status`). */
export interface GrpcStatus {
  readonly code: status
  readonly message: string
  readonly details: Buffer
}

type StatusMessage = Message & { code: status; message: string; details: Any[] }
type InfoMessage = Message & { reason: string; domain: string; metadata: Record<string, string> }

const registry = readSchema(rpcPackage, rpcSchema)
const statusForm = registry.getMessage('google.rpc.Status')!
const infoForm = registry.getMessage('google.rpc.ErrorInfo')!
const typePrefix = 'type.googleapis.com/'
const infoType = `${typePrefix}${infoForm.typeName}`

/** Details of one error that are read; more are of no use to anybody. */
const detailsMax = 50

const codeByName: ReadonlyMap<string, status> = new Map(
  Object.entries(status).filter((entry): entry is [string, status] => typeof entry[1] !== 'string'),
)

const httpByCode: ReadonlyMap<number, number> = new Map([
  [status.CANCELLED, 499],
  [status.INVALID_ARGUMENT, 400],
  [status.DEADLINE_EXCEEDED, 504],
  [status.NOT_FOUND, 404],
  [status.ALREADY_EXISTS, 409],
  [status.PERMISSION_DENIED, 403],
  [status.RESOURCE_EXHAUSTED, 429],
  [status.FAILED_PRECONDITION, 400],
  [status.ABORTED, 409],
  [status.OUT_OF_RANGE, 400],
  [status.UNIMPLEMENTED, 501],
  [status.UNAVAILABLE, 503],
  [status.UNAUTHENTICATED, 401],
])

/** An error of this node (section 10.6). */
export function statusOf(error: A2aError): GrpcStatus {
  const code = codeByName.get(error.status) ?? status.UNKNOWN
  return { code, message: error.message, details: write(code, error.message, error.details.map(packInfo)) }
}

/** An error in the agent's own words. */
export function foreignStatus(error: ForeignError): GrpcStatus {
  const rest = foreignAsRest(error)
  const code = codeByName.get(String(rest['status'])) ?? status.UNKNOWN
  const details = (rest['details'] as readonly unknown[]).map((detail) => packAny(detail))
  return {
    code,
    message: error.message,
    details: write(
      code,
      error.message,
      details.filter((any) => any !== undefined),
    ),
  }
}

/** A status as another peer of gRPC sent it; undefined when the bytes are none. */
export function readStatus(bytes: Uint8Array): GrpcStatus | undefined {
  const read = readMessage(bytes)
  if (read === undefined) return undefined
  return { code: read.code, message: read.message, details: Buffer.from(bytes) }
}

/** An agent's error in the form of AIP-193, which every binding can be answered from. */
export function foreignError(code: number, words: string, details: Uint8Array | undefined): ForeignError {
  const name = status[code] ?? 'UNKNOWN'
  const inside = details === undefined ? undefined : readMessage(details)
  return {
    form: 'rest',
    code: httpByCode.get(code) ?? 500,
    status: name,
    message: words,
    details: (inside?.details ?? []).slice(0, detailsMax).map((any) => unpackAny(any)),
  }
}

/** The status that an agent sent with an error; one made of the error where it sent none, or one of another error. */
export function statusBytes(code: status, words: string, details: Uint8Array | undefined): Buffer {
  const same = details !== undefined && readMessage(details)?.code === code
  return same ? Buffer.from(details) : write(code, words, [])
}

function write(code: number, message: string, details: Any[]): Buffer {
  return Buffer.from(toBinary(statusForm, create(statusForm, { code, message, details })))
}

function readMessage(bytes: Uint8Array): StatusMessage | undefined {
  return parse(statusForm, bytes) as StatusMessage | undefined
}

function parse(form: DescMessage, bytes: Uint8Array): Message | undefined {
  try {
    return fromBinary(form, bytes)
  } catch {
    // Details that cannot be read are details that are not there: the code and the words stand beside them.
    return undefined
  }
}

function packInfo(info: ErrorInfo): Any {
  const value = toBinary(infoForm, create(infoForm, { ...info, metadata: info.metadata ?? {} }))
  return create(AnySchema, { typeUrl: infoType, value })
}

function unpackAny(any: Any): Record<string, unknown> {
  const info = any.typeUrl === infoType ? (parse(infoForm, any.value) as InfoMessage | undefined) : undefined
  if (info === undefined) return { '@type': any.typeUrl, value: Buffer.from(any.value).toString('base64') }
  const { reason, domain, metadata } = info
  return { '@type': infoType, reason, domain, ...(Object.keys(metadata).length === 0 ? {} : { metadata }) }
}

/** A detail of a JSON error. Other types than ErrorInfo have a form in protocol buffers only where they came in it. */
function packAny(detail: unknown): Any | undefined {
  if (typeof detail !== 'object' || detail === null) return undefined
  const { '@type': typeUrl, reason, domain, metadata, value } = detail as Readonly<Record<string, unknown>>
  if (typeof typeUrl !== 'string') return undefined
  if (typeUrl === infoType && typeof reason === 'string' && typeof domain === 'string')
    return packInfo({ reason, domain, metadata: stringsOf(metadata) })
  return typeof value === 'string'
    ? create(AnySchema, { typeUrl, value: Buffer.from(value, 'base64') })
    : undefined
}

function stringsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter((entry) => typeof entry[1] === 'string'))
}
