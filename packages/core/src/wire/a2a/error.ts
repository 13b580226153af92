/** The errors of A2A 1.0.1 and of JSON-RPC 2.0 in both forms: JSON-RPC (section 9.5) and AIP-193 (section 11.6). */
export interface ErrorRow {
  readonly code: number
  readonly http: number
  /** google.rpc.Code by name. */
  readonly status: string
}

const protocolErrors = {
  TASK_NOT_FOUND: { code: -32001, http: 404, status: 'NOT_FOUND' },
  TASK_NOT_CANCELABLE: { code: -32002, http: 400, status: 'FAILED_PRECONDITION' },
  PUSH_NOTIFICATION_NOT_SUPPORTED: { code: -32003, http: 400, status: 'FAILED_PRECONDITION' },
  UNSUPPORTED_OPERATION: { code: -32004, http: 400, status: 'FAILED_PRECONDITION' },
  CONTENT_TYPE_NOT_SUPPORTED: { code: -32005, http: 400, status: 'INVALID_ARGUMENT' },
  INVALID_AGENT_RESPONSE: { code: -32006, http: 500, status: 'INTERNAL' },
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: { code: -32007, http: 400, status: 'FAILED_PRECONDITION' },
  EXTENSION_SUPPORT_REQUIRED: { code: -32008, http: 400, status: 'FAILED_PRECONDITION' },
  VERSION_NOT_SUPPORTED: { code: -32009, http: 400, status: 'FAILED_PRECONDITION' },
  PARSE_ERROR: { code: -32700, http: 400, status: 'INVALID_ARGUMENT' },
  INVALID_REQUEST: { code: -32600, http: 400, status: 'INVALID_ARGUMENT' },
  METHOD_NOT_FOUND: { code: -32601, http: 404, status: 'NOT_FOUND' },
  INVALID_PARAMS: { code: -32602, http: 400, status: 'INVALID_ARGUMENT' },
  INTERNAL: { code: -32603, http: 500, status: 'INTERNAL' },
} as const satisfies Readonly<Record<string, ErrorRow>>

export type ErrorReason = keyof typeof protocolErrors

export const errorRows: Readonly<Record<ErrorReason, ErrorRow>> = protocolErrors

export const errorDomain = 'a2a-protocol.org'
const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo'

/** google.rpc.ErrorInfo. */
export interface ErrorInfo {
  readonly reason: string
  readonly domain: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** An error of no binding; `rpcErrorBody` and `restErrorBody` write it. */
export interface A2aError extends ErrorRow {
  readonly message: string
  readonly details: readonly ErrorInfo[]
}

export function a2aError(
  reason: ErrorReason,
  message: string,
  metadata?: Readonly<Record<string, string>>,
): A2aError {
  const info: ErrorInfo = { reason, domain: errorDomain, ...(metadata === undefined ? {} : { metadata }) }
  return { ...errorRows[reason], message, details: [info] }
}

export type RpcId = string | number | null

/** JSON-RPC 2.0, section 5.1, with `data` as an array of ErrorInfo. */
export function rpcErrorBody(id: RpcId, error: A2aError): Record<string, unknown> {
  return { jsonrpc: '2.0', id, error: rpcErrorObject(error) }
}

function rpcErrorObject(error: A2aError): Record<string, unknown> {
  return { code: error.code, message: error.message, data: error.details.map((info) => infoObject(info)) }
}

/** AIP-193. */
export function restErrorBody(error: A2aError): Record<string, unknown> {
  return {
    error: {
      code: error.http,
      status: error.status,
      message: error.message,
      details: error.details.map((info) => infoObject(info)),
    },
  }
}

function infoObject(info: ErrorInfo): Record<string, unknown> {
  return { '@type': errorInfoType, ...info }
}

/** google.rpc.Code names by HTTP status, where an error came with nothing but that. */
export function statusNameOf(http: number): string {
  return statusNames.get(http) ?? (http >= 500 ? 'INTERNAL' : 'FAILED_PRECONDITION')
}

const statusNames: ReadonlyMap<number, string> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ABORTED'],
  [413, 'RESOURCE_EXHAUSTED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [501, 'UNIMPLEMENTED'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
])

/** An error another party wrote, in either form. */
export type ForeignError =
  | {
      readonly form: 'rpc'
      readonly code: number
      readonly message: string
      readonly details: readonly unknown[]
    }
  | {
      readonly form: 'rest'
      readonly code: number
      readonly status: string
      readonly message: string
      readonly details: readonly unknown[]
    }

/** Reads the `error` member of a JSON-RPC response or of an AIP-193 body; undefined when it is neither. */
export function readForeignError(error: unknown): ForeignError | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, message, status, data, details } = error as Record<string, unknown>
  if (typeof code !== 'number' || !Number.isInteger(code)) return undefined
  const text = typeof message === 'string' ? message : ''
  if (typeof status === 'string' && code >= 400 && code <= 599) {
    if (!/^[A-Z_]{1,40}$/.test(status)) return undefined
    return { form: 'rest', code, status, message: text, details: Array.isArray(details) ? details : [] }
  }
  return { form: 'rpc', code, message: text, details: Array.isArray(data) ? data : [] }
}

/** The reason word of a foreign error: A2A's own where it is one, else the name or number it came with. */
export function reasonOf(error: ForeignError): string {
  if (error.form === 'rpc') return reasonByCode.get(error.code) ?? String(error.code)
  return infoReason(error.details) ?? error.status
}

const reasonByCode: ReadonlyMap<number, ErrorReason> = new Map(
  Object.entries(protocolErrors).map(([reason, row]) => [row.code, reason as ErrorReason]),
)

function infoReason(details: readonly unknown[]): ErrorReason | undefined {
  for (const detail of details) {
    if (typeof detail !== 'object' || detail === null) continue
    const reason = (detail as Record<string, unknown>)['reason']
    if (typeof reason === 'string' && Object.hasOwn(protocolErrors, reason)) return reason as ErrorReason
  }
  return undefined
}

/** A foreign error as the `error` member of a JSON-RPC response. */
export function foreignAsRpc(error: ForeignError): Record<string, unknown> {
  if (error.form === 'rpc') return { code: error.code, message: error.message, data: error.details }
  const reason = infoReason(error.details) ?? reasonOfStatus(error.code)
  return { code: errorRows[reason].code, message: error.message, data: error.details }
}

function reasonOfStatus(http: number): ErrorReason {
  return http === 400 ? 'INVALID_PARAMS' : 'INTERNAL'
}

/** A foreign error as the `error` member of an AIP-193 body. */
export function foreignAsRest(error: ForeignError): Record<string, unknown> & { code: number } {
  if (error.form === 'rest') {
    return { code: error.code, status: error.status, message: error.message, details: error.details }
  }
  const reason = reasonByCode.get(error.code) ?? infoReason(error.details) ?? 'INTERNAL'
  const { http, status } = errorRows[reason]
  const named = infoReason(error.details) !== undefined
  const details = named ? error.details : [infoObject({ reason, domain: errorDomain }), ...error.details]
  return { code: http, status, message: error.message, details }
}
