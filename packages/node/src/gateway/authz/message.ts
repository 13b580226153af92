import { Fault } from '@ambit/core/fault'
import { methodTo10 } from '@ambit/core/wire/a2a/v03/method'
import { paramsTo10 } from '@ambit/core/wire/a2a/v03/request'
import { readSendRequest } from '@ambit/core/wire/a2a/request'
import { isProtocolCapability, operations } from '@ambit/core/wire/mcp/operation'
import { readMessage } from '@ambit/core/wire/mcp/message'
import { methods } from '@ambit/core/wire/mcp/methods'
import type { Target } from '../../registry/target.ts'
import { isObject, wrongBody } from './json-body.ts'
import type { JsonObject } from './json-body.ts'

/** What a message asks for. `greeting`: nothing that is decided; it opens a session or looks at what there is. */
export type Asked = { readonly capability: string; readonly arguments: JsonObject } | 'greeting'

/** The capability of an A2A record to send it messages. */
const messageCapability = 'message'

const greetings: ReadonlySet<string> = new Set([
  methods.initialize,
  methods.discover,
  methods.ping,
  methods.toolsList,
  methods.setLevel,
])

/** Whether all that is asked of a record stands in bodies. */
export function speaksInBodies({ interfaces }: Target): boolean {
  return interfaces.some(({ protocol }) => protocol === 'mcp' || protocol === 'a2a')
}

/**
 * What a body asks of a record that speaks MCP or A2A (over JSON-RPC); undefined when it speaks neither. Throws
 * `check.body` for a body that is no message of its protocol, and `check.capability` for one that is not decided here.
 */
export function askedIn({ interfaces }: Target, body: JsonObject): Asked | undefined {
  const speaks = (protocol: string) => interfaces.some((offered) => offered.protocol === protocol)
  const isSending = typeof body['method'] === 'string' && sending(body['method']) !== undefined
  if (speaks('a2a') && (isSending || !speaks('mcp'))) return askedOfAgent(body)
  return speaks('mcp') ? askedOfServer(body) : undefined
}

function askedOfServer(body: JsonObject): Asked {
  assertExact(body, ['jsonrpc', 'id', 'method', 'params'])
  const read = readMessage(body)
  if (read.form === 'notification') return 'greeting'
  if (read.form !== 'request') throw wrongBody(read.form === 'invalid' ? read.what : 'it is an answer')
  const { method, params = {} } = read.message
  if (greetings.has(method)) return 'greeting'
  assertExact(params, ['name', 'arguments', 'uri', 'taskId'])
  if (method === methods.toolsCall) return toolCall(params)
  if (!Object.hasOwn(operations, method)) throw undecided(method)
  const { _meta, ...rest } = params
  return { capability: operations[method]!.capability, arguments: rest }
}

function toolCall(params: JsonObject): Asked {
  const { name, arguments: given = {} } = params
  if (typeof name !== 'string' || !isObject(given))
    throw wrongBody('`params.name` is a string and `params.arguments` an object')
  // A tool cannot be called what an operation of the protocol is called.
  if (isProtocolCapability(name)) throw undecided(name)
  return { capability: name, arguments: given }
}

function askedOfAgent(body: JsonObject): Asked {
  assertExact(body, ['jsonrpc', 'id', 'method', 'params'])
  const { jsonrpc, method, params } = body
  if (jsonrpc !== '2.0' || typeof method !== 'string' || !isObject(params))
    throw wrongBody('it is no request of JSON-RPC 2.0 with `method` and `params`')
  const version = sending(method)
  if (version === undefined) throw undecided(method)
  const given = version === '0.3' ? translated(params) : params
  const verdict = readSendRequest(given)
  if (!verdict.ok) throw wrongBody(verdict.message)
  if (verdict.reading.push !== undefined) throw undecided('a message that also sets up push notifications')
  return { capability: messageCapability, arguments: given }
}

function translated(params: JsonObject): JsonObject {
  try {
    return paramsTo10('SendMessage', params, 'kind')
  } catch (error) {
    throw wrongBody('it is no message of A2A 0.3', error)
  }
}

/** The version in which a method sends an agent a message. */
function sending(method: string): '1.0' | '0.3' | undefined {
  if (method === 'SendMessage' || method === 'SendStreamingMessage') return '1.0'
  return methodTo10(method) === 'SendMessage' || methodTo10(method) === 'SendStreamingMessage'
    ? '0.3'
    : undefined
}

/** Some readers take a member whose name differs in case only. */
function assertExact(value: JsonObject, names: readonly string[]): void {
  for (const name of Object.keys(value)) {
    const meant = names.find((each) => each.toLowerCase() === name.toLowerCase())
    if (meant !== undefined && meant !== name) throw wrongBody(`write \`${meant}\` in just these letters`)
  }
}

function undecided(what: string): Fault {
  const name = /^[\w./:-]{1,60}( [\w ]{1,60})?$/.test(what) ? `\`${what}\`` : 'this'
  return new Fault('check.capability', { detail: `${name} is not decided for data planes`, where: 'body' })
}
