import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Me } from '../src/api/types.ts'
import { builtConsole, serveConsole } from './serve-console.ts'
import { fakeState } from './fake-state.ts'
import type { FakeState } from './fake-state.ts'
import { fakeRoutes } from './fake-routes.ts'
import type { FakeAsk } from './fake-approvals.ts'
import { mailAsk, paymentAsk } from './fake-approvals.ts'

/*
 * The control API in memory, for working on the console without a node and for testing it alone. It answers with
 * the shapes of the contract, sends events, and its receipts verify; it decides nothing and keeps nothing.
 */

const bodyBytesMax = 1_000_000

export interface FakeApi {
  readonly origin: string
  readonly signInLink: string
  readonly state: FakeState
  /** An agent asks: the card appears in every open inbox. */
  ask(ask: FakeAsk): string
  close(): Promise<void>
}

export interface FakeApiOptions {
  /** Left out: any free one. */
  readonly port?: number
  /** Folder of the built console. */
  readonly dist?: string
}

/** Starts the fake API with a built console beside it. */
export async function startFakeApi({ port = 0, dist = builtConsole }: FakeApiOptions = {}): Promise<FakeApi> {
  const state = await fakeState()
  const server = createServer((request, response) => {
    answer(state, dist, request, response).catch((cause: unknown) => {
      process.stderr.write(`${String(cause)}\n`)
      problem(response, 500, 'internal', 'Something unexpected happened', String(cause))
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  state.origin = origin
  return {
    origin,
    signInLink: `${origin}/sign-in?token=${state.signInToken}`,
    state,
    ask: (ask) => state.ask(ask),
    close: () => close(server),
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

async function answer(
  state: FakeState,
  dist: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', state.origin)
  if (!url.pathname.startsWith('/api/')) return await serveConsole(dist, url.pathname, response)
  const path = decodeURI(url.pathname.slice('/api'.length))
  const body = await readJson(request)
  if (path === '/sign-in') return signIn(state, body, response)
  const session = /(?:^|;\s*)ambit_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  if (session === undefined || !state.sessions.has(session)) {
    return problem(response, 401, 'auth.missing', 'This needs you to say who you are', 'there is no session')
  }
  if (path === '/sign-out') {
    state.sessions.delete(session)
    return json(response, 200, {})
  }
  if (path === '/events') return events(state, response)
  const asked = { state, method: request.method ?? 'GET', path, query: url.searchParams, body }
  const reply = await fakeRoutes(asked)
  if (reply === undefined)
    return problem(response, 404, 'input.not-found', 'There is nothing under that name', path)
  if ('problem' in reply) return problem(response, reply.status, reply.problem, reply.title, reply.detail)
  json(response, reply.status ?? 200, reply.body)
}

function signIn(state: FakeState, body: unknown, response: ServerResponse): void {
  const token = (body as { token?: unknown } | undefined)?.token
  if (token !== state.signInToken || state.signInSpent) {
    const detail = 'the link was used already, or its time is over'
    return problem(response, 401, 'auth.expired', 'That token or link is no longer valid', detail)
  }
  state.signInSpent = true
  const session = crypto.randomUUID()
  state.sessions.add(session)
  response.setHeader('set-cookie', `ambit_session=${session}; HttpOnly; SameSite=Strict; Path=/`)
  const me: Me = state.me
  json(response, 200, { me })
}

function events(state: FakeState, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(': open\n\n')
  state.listeners.add(response)
  response.on('close', () => state.listeners.delete(response))
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > bodyBytesMax) throw new RangeError('the body is too large')
  }
  return text === '' ? undefined : JSON.parse(text)
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function problem(
  response: ServerResponse,
  status: number,
  code: string,
  title: string,
  detail: string,
): void {
  if (response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  const remedy = 'Correct it and try again.'
  response.end(JSON.stringify({ type: `urn:ambit:fault:${code}`, title, status, detail, code, remedy }))
}

if (import.meta.main) {
  const fake = await startFakeApi({ port: 7100 })
  fake.ask(paymentAsk)
  fake.ask(mailAsk)
  process.stdout.write(`Fake control API at ${fake.origin}\nSign in: ${fake.signInLink}\n`)
}
