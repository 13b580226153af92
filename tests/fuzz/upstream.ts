import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { a2aAnswer } from './upstream-a2a.ts'
import { mcpAnswer } from './upstream-mcp.ts'
import { giveBroken } from './upstream-broken.ts'
import { giveOdd, giveTrue } from './upstream-odd.ts'
import { Random } from './random.ts'

/** What an upstream was asked. */
export interface UpstreamAsked {
  /** The how-manieth request. */
  readonly at: number
  readonly verb: string
  readonly path: string
  readonly origin: string
  readonly text: string
}

/** A true answer: one value, or a stream of values that this one ends. */
export interface UpstreamAnswer {
  readonly status: number
  readonly value: unknown
  /** What comes before it; present for a stream. */
  readonly before?: readonly unknown[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface HostileUpstream extends AsyncDisposable {
  readonly origin: string
  /** Requests so far. */
  readonly asked: number
  /** While false every answer is true: a server is described before it turns. */
  hostile: boolean
  /** Requests that came without the credential of their record. */
  readonly withoutCredential: number
}

/** Servers and agents behind the node. The path of a record says how they behave; `seed` in a message, what they do. */
export async function startHostileUpstream(credential: string): Promise<HostileUpstream> {
  const state = { hostile: false, asked: 0, withoutCredential: 0 }
  const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    const chunks: Buffer[] = []
    // A node that goes away in the middle of its request is what it is here for.
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const at = state.asked++
      if (state.hostile && request.headers['x-upstream-key'] !== credential) state.withoutCredential++
      const origin = `http://${request.headers.host}`
      const verb = request.method ?? ''
      const asked = { at, verb, path: request.url ?? '/', origin, text: Buffer.concat(chunks).toString() }
      answer(state.hostile, request, response, asked)
    })
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return state.asked
    },
    get withoutCredential() {
      return state.withoutCredential
    },
    get hostile() {
      return state.hostile
    },
    set hostile(value) {
      state.hostile = value
    },
    [Symbol.asyncDispose]: async () => await close(server),
  }
}

function answer(
  hostile: boolean,
  request: IncomingMessage,
  response: ServerResponse,
  asked: UpstreamAsked,
): void {
  const trueAnswer = trueAnswerTo(asked)
  const random = new Random(Number(/"seed":(\d{1,10})/.exec(asked.text)?.[1] ?? asked.at))
  // A server of sessions that offers its stream again and again is waited for, for minutes: that is no fault.
  const isResumed = asked.path.startsWith('/mcp/') && request.method !== 'POST'
  if (!hostile || isResumed || /^\/\w+\/(true|ask)/.test(asked.path)) giveTrue(random, response, trueAnswer)
  else if (asked.path.includes('/odd')) giveOdd(random, response, trueAnswer)
  else giveBroken(random, request, response, trueAnswer)
}

function trueAnswerTo(asked: UpstreamAsked): UpstreamAnswer {
  if (asked.path.startsWith('/mcp/') && asked.verb !== 'POST') {
    return { status: asked.verb === 'DELETE' ? 204 : 405, value: undefined }
  }
  try {
    return asked.path.startsWith('/mcp/') ? mcpAnswer(asked) : a2aAnswer(asked)
  } catch {
    // What the node passed on is not of the protocol: a server says so.
    return {
      status: 400,
      value: { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'upstream says no' } },
    }
  }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}
