import { createHash } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import type { Beat, Pulse, PulseRequest } from '../../liveness/pulse.ts'
import type { LoneAnswer } from '../../net/lone-request.ts'

const clientInfo = { name: 'ambit', version: '0.1.0' }
/** The server is there and wants to know who asks, or wants to be asked less. */
const answersWithoutReading = new Set([401, 403, 429])

/**
 * One request to an MCP server. Of the 2026-07-28 era `server/discover`, whose answer changes with what the server is; of
 * the eras before `ping` without a session, which every server answers or refuses in JSON-RPC and which leaves no session
 * behind; of the transport of 2024 the opening of its stream.
 */
export function createMcpPulse(): Pulse {
  return {
    protocol: 'mcp',
    covers: ({ transport }) => transport === 'streamable-http' || transport === 'sse',
    async beat(request) {
      if (request.interface.transport === 'sse') return await openStream(request)
      const isModern = request.interface.version === modernVersion
      const answer = await request.send(
        {
          url: new URL(request.interface.url),
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...(isModern ? modernHeaders : {}),
          },
          body: isModern ? discoverBody : pingBody,
        },
        isWholeEvent,
      )
      if (answersWithoutReading.has(answer.status)) return {}
      const message = answer.isCut ? undefined : messageIn(answer)
      if (message !== undefined && isObject(message['result'])) return { mark: markOf(message['result']) }
      if (message !== undefined && isObject(message['error'])) return {}
      // A description larger than a heartbeat reads is one all the same.
      if (answer.isCut && answer.status === 200) return {}
      throw notMcp(answer)
    },
  }
}

const modernHeaders = { 'mcp-protocol-version': modernVersion, 'mcp-method': methods.discover }
const discoverBody = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: methods.discover,
  params: {
    _meta: {
      [metaKeys.protocolVersion]: modernVersion,
      [metaKeys.clientInfo]: clientInfo,
      [metaKeys.clientCapabilities]: {},
    },
  },
})
const pingBody = JSON.stringify({ jsonrpc: '2.0', id: 1, method: methods.ping })

async function openStream({ interface: { url }, send }: PulseRequest): Promise<Beat> {
  const request = { url: new URL(url), method: 'GET', headers: { accept: 'text/event-stream' } } as const
  const answer = await send(request, isWholeEvent)
  const isStream = String(answer.headers['content-type'] ?? '').startsWith('text/event-stream')
  if (answersWithoutReading.has(answer.status) || (answer.status === 200 && isStream)) return {}
  throw notMcp(answer)
}

/** A server may leave the stream open in which it answered. */
function isWholeEvent(body: Buffer, contentType: string): boolean {
  return contentType.startsWith('text/event-stream') && /^data:.*\n\r?\n/m.test(body.toString('latin1'))
}

function messageIn({ headers, body }: LoneAnswer): JsonObject | undefined {
  const text = body.toString('utf8')
  const isStream = String(headers['content-type'] ?? '').startsWith('text/event-stream')
  try {
    const message: unknown = JSON.parse(isStream ? (/^data:(.*)$/m.exec(text)?.[1] ?? '') : text)
    return isObject(message) && message['jsonrpc'] === '2.0' ? message : undefined
  } catch {
    // Whatever is no JSON is no message.
    return undefined
  }
}

/** Without what belongs to the one answer. */
function markOf(answer: JsonObject): string {
  const { _meta: _, ttlMs: _ttl, ...result } = answer
  return createHash('sha256').update(JSON.stringify(result)).digest('base64url').slice(0, 22)
}

function notMcp({ status }: LoneAnswer): Fault {
  const isStatus = status < 200 || status > 299
  return new Fault('upstream.invalid', {
    detail: isStatus ? `it answered with the HTTP status ${status}` : 'its answer is no message of MCP',
    ...(isStatus ? { extra: { upstreamStatus: status } } : {}),
  })
}
