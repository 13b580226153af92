import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { legacyVersions, metaKeys, methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import type { LoneAnswer } from '../net/lone-request.ts'
import { objectIn, said } from './seen.ts'
import type { Ask, Seen } from './seen.ts'

const clientInfo = { name: 'ambit-scan', version: '0.1.0' }
/** Where servers answer by the manners of their SDKs. */
const paths = ['/mcp', '/'] as const
/** The transport of 2024-11-05: a stream that first names where messages go. */
const streamPath = '/sse'

const initializeBody = bodyOf(methods.initialize, {
  protocolVersion: legacyVersions[0],
  capabilities: {},
  clientInfo,
})
const discoverBody = bodyOf(methods.discover, {
  _meta: {
    [metaKeys.protocolVersion]: modernVersion,
    [metaKeys.clientInfo]: clientInfo,
    [metaKeys.clientCapabilities]: {},
  },
})
const discoverHeaders = { 'mcp-protocol-version': modernVersion, 'mcp-method': methods.discover }

/**
 * Greets whatever listens as a client of MCP would, and does no more: no list is asked for and no tool called.
 * `isGuarded`: everything at this port asks for credentials, so that being asked says nothing of what is there.
 */
export async function lookForMcp(origin: string, ask: Ask, isGuarded: boolean): Promise<Seen | undefined> {
  for (const path of paths) {
    const seen = await greet(origin, path, ask, isGuarded)
    if (seen !== undefined) return seen
  }
  const stream = await ask(
    { method: 'GET', path: streamPath, headers: { accept: 'text/event-stream' } },
    isWholeEvent,
  )
  const namesEndpoint =
    stream !== undefined && isStream(stream) && /^event: ?endpoint\r?$/m.test(textOf(stream))
  if (stream?.status !== 200 || !namesEndpoint) return undefined
  return { protocol: 'mcp', url: origin + streamPath, transport: 'sse', version: '2024-11-05' }
}

async function greet(origin: string, path: string, ask: Ask, isGuarded: boolean): Promise<Seen | undefined> {
  const post = async (body: string, headers: Readonly<Record<string, string>> = {}) =>
    await ask({ method: 'POST', path, headers: { ...postHeaders, ...headers }, body }, isWholeEvent)
  const seen = {
    protocol: 'mcp',
    url: path === '/' ? origin : origin + path,
    transport: 'streamable-http',
  } as const
  const answer = await post(initializeBody)
  if (answer === undefined) return undefined
  if (wantsCredentials(answer, path === '/' || isGuarded)) return { ...seen, wantsCredentials: true }
  const message = messageIn(answer)
  if (message === undefined) return undefined
  if (isObject(message['result'])) {
    await endSession(answer, path, ask)
    return greeted(seen, message['result'], message['result']['protocolVersion'])
  }
  if (!isObject(message['error'])) return undefined
  const now = await post(discoverBody, discoverHeaders)
  const result = now === undefined ? undefined : messageIn(now)?.['result']
  if (!isObject(result) || !Array.isArray(result['supportedVersions'])) return undefined
  const versions: readonly unknown[] = result['supportedVersions']
  return greeted(seen, result, versions.includes(modernVersion) ? modernVersion : versions[0])
}

const postHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

/** Only what says its version is a server of MCP: other services speak JSON-RPC too. */
function greeted(
  seen: Pick<Seen, 'protocol' | 'url' | 'transport'>,
  result: JsonObject,
  version: unknown,
): Seen | undefined {
  if (typeof version !== 'string') return undefined
  const meta = isObject(result['_meta']) ? result['_meta'] : {}
  const info = result['serverInfo'] ?? meta[metaKeys.serverInfo]
  return { ...seen, ...said('version', version), ...(isObject(info) ? said('name', info['name']) : {}) }
}

/**
 * A refusal that says where its authorization server is described (RFC 9728, section 5.1) is that of an MCP server; so is
 * one for a bearer token at a path where nothing else would stand.
 */
function wantsCredentials({ status, headers }: LoneAnswer, isCommon: boolean): boolean {
  const challenge = headers['www-authenticate']
  if (status !== 401 || typeof challenge !== 'string') return false
  return /\bresource_metadata\s*=/i.test(challenge) || (!isCommon && /^bearer\b/i.test(challenge))
}

/** The greeting began one: nothing is left behind (2025-11-25, basic/transports, "Session Management"). */
async function endSession({ headers }: LoneAnswer, path: string, ask: Ask): Promise<void> {
  const session = headers['mcp-session-id']
  if (typeof session !== 'string' || !/^[\x21-\x7e]{1,500}$/.test(session)) return
  await ask({ method: 'DELETE', path, headers: { 'mcp-session-id': session } })
}

function messageIn(answer: LoneAnswer): JsonObject | undefined {
  const text = textOf(answer)
  const message = objectIn(answer, isStream(answer) ? (/^data:(.*)$/m.exec(text)?.[1] ?? '') : text)
  return message?.['jsonrpc'] === '2.0' ? message : undefined
}

/** A server may leave the stream open in which it answered. */
function isWholeEvent(body: Buffer, contentType: string): boolean {
  return contentType.startsWith('text/event-stream') && /^data:.*\n\r?\n/m.test(body.toString('latin1'))
}

function isStream({ headers }: LoneAnswer): boolean {
  return String(headers['content-type'] ?? '').startsWith('text/event-stream')
}

function textOf({ body }: LoneAnswer): string {
  return body.toString('utf8')
}

function bodyOf(method: string, params: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
}
