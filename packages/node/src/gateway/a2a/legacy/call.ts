import { canonicalJson } from '@ambit/core/canonical'
import { a2aError } from '@ambit/core/wire/a2a/error'
import type { RpcId } from '@ambit/core/wire/a2a/error'
import { isMethod } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'
import { isObject } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { Untranslatable } from '@ambit/core/wire/a2a/v03/form'
import type { Form } from '@ambit/core/wire/a2a/v03/form'
import { methodTo10, readRestPath03 } from '@ambit/core/wire/a2a/v03/method'
import { paramsFrom10, paramsTo10 } from '@ambit/core/wire/a2a/v03/request'
import { a2aVersion, a2aVersion03 } from '@ambit/core/wire/a2a/version'
import { pathError, readEnvelope, readParams, readRestParts, refuse, wrongId } from '../call.ts'
import type { Call, CallReading, Parsed } from '../call.ts'

/** Reads a JSON-RPC request of 0.3 and puts it in the terms of 1.0. */
export function readRpcCall03(body: Buffer): CallReading {
  const envelope = readEnvelope(body)
  if (!envelope.ok) return envelope
  const { id, method: name, params, parsed, bare } = envelope
  const method = methodTo10(name)
  if (method === undefined) {
    const error = isMethod(name)
      ? a2aError(
          'VERSION_NOT_SUPPORTED',
          `\`${name}\` is of A2A ${a2aVersion}, and without the header A2A-Version this request is of ${a2aVersion03}; send A2A-Version: ${a2aVersion}`,
        )
      : a2aError('METHOD_NOT_FOUND', `A2A ${a2aVersion03} has no method \`${name.slice(0, 100)}\``)
    return refuse(id, error)
  }
  const given = params ?? (method === 'GetExtendedAgentCard' ? {} : params)
  if (!isObject(given)) return refuse(id, a2aError('INVALID_PARAMS', '`params` must be an object'))
  const form = 'kind'
  const reading = translated({
    method,
    id,
    form,
    given,
    address: {},
    parsed,
    body,
    bare: bare && isObject(params),
  })
  // Last: callers of 0.3 that leave the id out expect to be told first what else is wrong (TCK 0.3).
  return reading.ok && !envelope.answerable ? refuse(null, wrongId()) : reading
}

/** Reads an HTTP+JSON request of 0.3. `path` is what stands below the interface's address: `/v1/message:send`. */
export function readRestCall03(
  verb: string,
  path: string,
  query: URLSearchParams,
  body: Buffer,
): CallReading {
  const reading = readRestPath03(verb, path)
  if (!reading.ok) {
    const hint = `${a2aVersion03} has its operations below /v1; send A2A-Version: ${a2aVersion} for those of ${a2aVersion}`
    const error =
      reading.why === 'unknown'
        ? a2aError('METHOD_NOT_FOUND', `no operation is here: ${hint}`)
        : pathError(reading)
    return refuse(null, error, reading.why === 'verb' ? reading.verbs : undefined)
  }
  const said = readRestParts(query, body)
  if (!said.ok) return said
  const { method, members } = reading.address
  const { queried, parsed, given } = said
  const address = { ...queried, ...members }
  return translated({ method, id: null, form: 'proto', given, address, parsed, body, bare: true })
}

interface Asked {
  readonly method: Method
  readonly id: RpcId
  readonly form: Form
  readonly given: Json
  readonly address: Json
  readonly parsed: Parsed
  readonly body: Buffer
  readonly bare: boolean
}

function translated(asked: Asked): CallReading {
  const { method, id, form, given, address, parsed, body, bare } = asked
  let params: Json
  try {
    params = paramsTo10(method, given, form, address)
  } catch (error) {
    if (error instanceof Untranslatable) return refuse(id, a2aError('INVALID_PARAMS', error.message))
    throw error
  }
  const verdict = readParams(method, params)
  if (!verdict.ok) return refuse(id, a2aError(verdict.reason, verdict.message))
  const call: Call = {
    binding: form === 'kind' ? 'JSONRPC' : 'HTTP+JSON',
    version: a2aVersion03,
    method,
    id,
    params,
    paramsText: JSON.stringify(params),
    message: parsed.value,
    bytes: body,
    forward: parsed.plain && bare && saysTheSame(asked, params),
    reading: verdict.reading,
  }
  return { ok: true, call }
}

/** Whether the bytes say what was read in them and nothing else: only then may an agent of 0.3 get them as they are. */
function saysTheSame({ method, form, given, parsed }: Asked, params: Json): boolean {
  if (parsed.value === undefined) return true
  try {
    return canonicalJson(asGiven(paramsFrom10(method, params, form), given)) === canonicalJson(given)
  } catch {
    // What cannot be written in canonical form is written anew from what was read.
    return false
  }
}

/** A caller that leaves `blocking` to the agent is not made to say it: the agent knows what it does then. */
function asGiven(written: Json, given: Json): Json {
  const { configuration } = given
  if (
    !isObject(configuration) ||
    !isObject(written['configuration']) ||
    Object.hasOwn(configuration, 'blocking')
  )
    return written
  const { blocking: _, ...rest } = written['configuration']
  return { ...written, configuration: rest }
}
