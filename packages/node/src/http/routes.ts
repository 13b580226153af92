import type { OutgoingHttpHeaders } from 'node:http'
import { Fault } from '@ambit/core/fault'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import { digestBytes } from '../kernel/digest.ts'
import type { Log } from '../kernel/log.ts'
import type { Route, RouteReply, RouteStream } from '../kernel/route.ts'
import { authorize } from './access.ts'
import type { Authenticated } from './access.ts'
import { parseInput } from './input.ts'
import { challenge, faultOf, problemText, problemType } from './problem.ts'
import { writeEvents } from './sse.ts'

const pathCharactersMax = 200

export interface RouteContext {
  readonly identity: Pick<Identity, 'callerOf'>
  readonly clock: Clock
  readonly log: Log
  /** Tests hold every reply against the schema that its route declares. */
  readonly checkReplies: boolean
  /** Address the request came to. */
  originOf(host: string | undefined): string
  /** Aborts when the server closes. */
  readonly closing: AbortSignal
}

/** Puts the routes of all domains on the server: who may, what came, what goes back. */
export function addRoutes(app: FastifyInstance, routes: readonly Route[], context: RouteContext): void {
  const callers = new WeakMap<FastifyRequest, Authenticated>()
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      // Before the body is read: nobody who may not call makes the node read megabytes.
      async onRequest(request) {
        const authenticated = await authorize(route, request.headers, context.identity)
        if (authenticated !== undefined) callers.set(request, authenticated)
      },
      async handler(request, reply) {
        await answer(route, context, request, reply, callers.get(request))
        return reply
      },
    })
  }
  app.setErrorHandler(async (error, request, reply) => {
    await sendFault(context.log, request, reply, error)
    return reply
  })
}

/** Which methods a path takes, for an answer 405; empty when no route has the path. */
export function methodsOf(routes: readonly Route[]): (path: string) => readonly string[] {
  const forms = routes.map((route) => ({
    method: route.method,
    form: new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`),
  }))
  return (path) => [...new Set(forms.filter(({ form }) => form.test(path)).map(({ method }) => method))]
}

/** The fault for a request that no route takes; 405 names the methods that the path has. */
export function noRoute(method: string, path: string, allowed: readonly string[]): Fault {
  const where = `${method} ${path.slice(0, pathCharactersMax)}`
  if (allowed.length > 0)
    return new Fault('request.method', {
      detail: `${path.slice(0, pathCharactersMax)} takes ${allowed.join(', ')}`,
      where,
      extra: { allow: allowed },
    })
  return new Fault('input.not-found', {
    detail: 'there is no route at that path',
    where,
    remedy: 'Look the path up in the API reference (contracts/openapi.json).',
  })
}

async function sendFault(
  log: Log,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): Promise<void> {
  const fault = faultOf(error)
  if (fault.status >= 500) {
    const cause = fault.cause instanceof Error ? fault.cause : fault
    log.error('http.failed', { route: request.routeOptions.url ?? '', code: fault.code, stack: cause.stack })
  }
  if (reply.raw.headersSent) {
    reply.raw.destroy()
    return
  }
  const allow = fault.code === 'request.method' ? fault.extra?.['allow'] : undefined
  if (Array.isArray(allow)) void reply.header('allow', allow.join(', '))
  void reply.code(fault.status).headers(challenge(fault)).header('cache-control', 'no-store')
  await reply.type(problemType).send(problemText(fault))
}

async function answer(
  route: Route,
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  authenticated: Authenticated | undefined,
): Promise<void> {
  const aborter = new AbortController()
  reply.raw.once('close', () => aborter.abort())
  const input = parseInput(route, request)
  const signal = AbortSignal.any([aborter.signal, context.closing])
  const result = await route.handle({
    ...input,
    caller: authenticated?.caller,
    signal,
    origin: context.originOf(request.headers.host),
  } as never)
  if ('events' in result) await stream(context, request, reply, result, signal, authenticated)
  else await send(route, context, reply, result, request.headers['if-none-match'])
}

async function send(
  route: Route,
  context: RouteContext,
  reply: FastifyReply,
  { status, body, headers }: RouteReply<unknown>,
  known: string | undefined,
): Promise<void> {
  if (context.checkReplies) checkReply(route, body)
  void reply.code(status ?? route.status).header('cache-control', 'no-store')
  if (headers !== undefined) void reply.headers(headers)
  if (body === undefined) await reply.send()
  else {
    const type = headers?.['content-type'] ?? 'application/json; charset=utf-8'
    const text = JSON.stringify(body)
    // What anybody may keep is asked for again and again.
    if (headers?.['cache-control']?.startsWith('public') === true) {
      const tag = headers['etag'] ?? `"${digestBytes(text).slice('sha256:'.length, 'sha256:'.length + 32)}"`
      void reply.header('etag', tag)
      if (isKnown(known, tag)) {
        await reply.code(304).send()
        return
      }
    }
    await reply.type(type).send(text)
  }
}

/** RFC 9110 section 13.1.2: any of the tags, weak ones too. */
function isKnown(known: string | undefined, tag: string): boolean {
  return known !== undefined && known.split(',').some((each) => ['*', tag, `W/${tag}`].includes(each.trim()))
}

function checkReply(route: Route, body: unknown): void {
  const parsed = route.reply.safeParse(body)
  if (parsed.success) return
  const [issue] = parsed.error.issues
  throw new Error(
    `the reply of ${route.method} ${route.path} is not what it declares: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  )
}

async function stream(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { events }: RouteStream,
  signal: AbortSignal,
  authenticated: Authenticated | undefined,
): Promise<void> {
  const headers = reply.getHeaders() as OutgoingHttpHeaders
  reply.hijack()
  const { clock, identity, log } = context
  const allowed = async () =>
    authenticated === undefined || (await identity.callerOf(authenticated.credential)) !== undefined
  try {
    // A HEAD request asks for the headers only.
    const none: RouteStream['events'] = { [Symbol.asyncIterator]: () => ({ next: async () => ended }) }
    const source = request.method === 'HEAD' ? none : events
    await writeEvents({ response: reply.raw, headers, events: source, clock, signal, allowed })
  } catch (error) {
    log.error('http.stream-failed', { route: request.routeOptions.url ?? '', error: String(error) })
    reply.raw.destroy()
  }
}

const ended = { done: true, value: undefined } as const
