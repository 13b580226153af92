import { errorRows } from '@ambit/core/wire/a2a/error'
import type { A2aError, RpcId } from '@ambit/core/wire/a2a/error'
import { operations } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'
import { answerFrom10, eventFrom10 } from '@ambit/core/wire/a2a/v03/answer'
import { errorFrom10, foreignFrom10, statusFrom10, statusOfCode } from '@ambit/core/wire/a2a/v03/error'
import { isObject } from '@ambit/core/wire/a2a/json'
import { Untranslatable } from '@ambit/core/wire/a2a/v03/form'
import type { Form as Form03 } from '@ambit/core/wire/a2a/v03/form'
import { extensionsHeader03, jsonMediaType } from '@ambit/core/wire/a2a/version'
import type { Binding } from '@ambit/core/wire/a2a/version'
import { sseText } from '@ambit/core/wire/sse'
import { rpcStatus } from '../reply.ts'
import type { Form } from '../reply.ts'
import { originalOf } from './originals.ts'

/** How answers are written to a caller of 0.3. `method` is undefined while the request could not be read. */
export function formOf03(binding: Binding, id: RpcId, method: Method | undefined): Form {
  return binding === 'JSONRPC' ? rpcForm(id, method) : restForm(method)
}

function rpcForm(id: RpcId, method: Method | undefined): Form {
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},`
  const errorBody = (error: unknown): string => `${head}"error":${JSON.stringify(error)}}`
  return {
    mediaType: jsonMediaType,
    errorForm: 'rpc',
    // Clients of 0.3 read nothing but events where they asked for a stream.
    streamsErrors: method !== undefined && operations[method].streams,
    extensionsHeader: extensionsHeader03,
    result(value) {
      const json = answerJson(method, value, 'kind')
      return json === undefined ? undefined : `${head}"result":${json}}`
    },
    event(value) {
      const json = eventJson(value, 'kind')
      return json === undefined ? undefined : sseText(`${head}"result":${json}}`)
    },
    error: (error) => errorBody(errorFrom10(inWords(error, method))),
    errorEvent: (json) => sseText(json),
    status: rpcStatus,
    foreignError: (error) => ({ status: 200, body: errorBody(foreignFrom10(error)) }),
  }
}

function restForm(method: Method | undefined): Form {
  return {
    mediaType: jsonMediaType,
    errorForm: undefined,
    extensionsHeader: extensionsHeader03,
    result: (value) => answerJson(method, value, 'proto'),
    event(value) {
      const json = eventJson(value, 'proto')
      return json === undefined ? undefined : sseText(json)
    },
    error: (error) => JSON.stringify(errorFrom10(inWords(error, method))),
    errorEvent: (json) => sseText(json, 'error'),
    status: (error) => statusFrom10(error.code, error.http),
    foreignError(error) {
      const body = foreignFrom10(error)
      return { status: statusOfCode(body.code), body: JSON.stringify(body) }
    },
  }
}

function answerJson(method: Method | undefined, value: unknown, form: Form03): string | undefined {
  return json(value, form, () => (method === undefined ? value : answerFrom10(method, value, form)))
}

function eventJson(value: unknown, form: Form03): string | undefined {
  return json(value, form, () => eventFrom10(value, form))
}

/** Undefined when what the agent said in 1.0 has no form in 0.3. */
function json(value: unknown, form: Form03, translate: () => unknown): string | undefined {
  try {
    return JSON.stringify(originalIn(value, form) ?? translate() ?? null)
  } catch (error) {
    if (error instanceof Untranslatable) return undefined
    throw error
  }
}

/** The forms of 0.3's two bindings are different ones: an original of the other is of no use. */
function originalIn(value: unknown, form: Form03): unknown {
  const original = originalOf(value)
  if (!isObject(original)) return undefined
  return (typeof original['kind'] === 'string') === (form === 'kind') ? original : undefined
}

/** 0.3 has one word for a card that is not there, and 1.0 two. */
function inWords(error: A2aError, method: Method | undefined): A2aError {
  const isCard = method === 'GetExtendedAgentCard' && error.code === errorRows.UNSUPPORTED_OPERATION.code
  return isCard ? { ...error, code: errorRows.EXTENDED_AGENT_CARD_NOT_CONFIGURED.code } : error
}
