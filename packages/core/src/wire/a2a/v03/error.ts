import { isObject } from '../json.ts'
import type { Json } from '../json.ts'
import { errorRows, foreignAsRpc } from '../error.ts'
import type { A2aError, ForeignError } from '../error.ts'

/**
 * An error as both bindings of 0.3 write it: the error object of JSON-RPC, which is also the body of HTTP+JSON. The
 * numbers are those of 1.0; what 1.0 added keeps its number.
 */
export function errorFrom10(error: A2aError): Json {
  return { code: error.code, message: error.message, ...dataOf(error.details) }
}

/** The same of an error that another party wrote. */
export function foreignFrom10(error: ForeignError): Json & { readonly code: number } {
  const { code, message } = foreignAsRpc(error)
  return { code: Number(code), message, ...dataOf(error.details) }
}

function dataOf(details: readonly unknown[]): Json {
  return details.length === 0 ? {} : { data: details }
}

/** The HTTP status that 0.3 answers with over HTTP+JSON, of the one that 1.0 would. */
export function statusFrom10(code: number, http: number): number {
  return code === errorRows.METHOD_NOT_FOUND.code && http !== 405 ? 501 : http
}

/** The HTTP status of an error that is known by its code only. */
export function statusOfCode(code: number): number {
  const row = Object.values(errorRows).find((each) => each.code === code)
  return statusFrom10(code, row?.http ?? 500)
}

/** Reads the error of an agent of 0.3 over HTTP+JSON: `{code, message, data?}`; undefined when it is none. */
export function readRestError03(value: unknown): ForeignError | undefined {
  const body = isObject(value) && isObject(value['error']) ? value['error'] : value
  if (!isObject(body)) return undefined
  const { code, message, data } = body
  if (typeof code !== 'number' || !Number.isInteger(code) || typeof message !== 'string') return undefined
  return { form: 'rpc', code, message, details: Array.isArray(data) ? data : [] }
}
