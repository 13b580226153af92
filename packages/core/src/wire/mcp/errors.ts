import type { JsonRpcErrorResponse, JsonRpcId } from './message.ts'

/** Codes of JSON-RPC 2.0 (section 5.1) and of the Model Context Protocol. */
export const errorCodes = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** Resource not found in the eras before 2026-07-28, which uses `invalidParams`. */
  resourceNotFound: -32002,
  /** 2026-07-28: a header says something else than the body. */
  headerMismatch: -32020,
  /** 2026-07-28: the server needs a capability that the client did not declare. */
  missingClientCapability: -32021,
  /** 2026-07-28: the version asked for is not one the server speaks. */
  unsupportedVersion: -32022,
  /** 2025-11-25: the person must first open an address; `data.elicitations` lists them. */
  urlElicitationRequired: -32042,
} as const

/** Codes by which a server shows that it speaks 2026-07-28, whatever the HTTP status. */
export const modernErrorCodes: readonly number[] = [
  errorCodes.headerMismatch,
  errorCodes.missingClientCapability,
  errorCodes.unsupportedVersion,
]

/** An error answer. `id` is null only when the request's id could not be read. */
export function errorResponse(
  id: JsonRpcId | null,
  code: number,
  message: string,
  data?: unknown,
): JsonRpcErrorResponse {
  return {
    jsonrpc: '2.0',
    id,
    error: data === undefined ? { code, message } : { code, message, data },
  }
}
