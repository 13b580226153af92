import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limits } from '../kernel/limits.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { Route } from '../kernel/route.ts'
import { parseJsonBody } from './json-body.ts'
import { faultOf, sendProblem } from './problem.ts'
import { addPublicFiles } from './public-files.ts'
import type { PublicFiles } from './public-files.ts'
import { addRoutes, methodsOf, noRoute } from './routes.ts'
import type { RouteContext } from './routes.ts'
import { securityHeaders } from './security-headers.ts'
import { loadStatic } from './static.ts'

/** Longer than any identifier in a path. */
const paramCharactersMax = 500

export interface AppOptions extends RouteContext {
  readonly routes: readonly Route[]
  readonly files: ReadonlyMap<string, PublicFiles>
  readonly consoleFolder: string
  readonly metrics: Metrics
}

/** The control API, the public files and the console, ready to take requests through `routing`. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: limits.controlBodyBytesMax,
    routerOptions: { maxParamLength: paramCharactersMax },
    frameworkErrors: (error, _request, reply) => sendProblem(reply.raw, faultOf(error)),
  })
  const requests = options.metrics.counter('ambit_http_requests_total', 'Requests of API and console.', [
    'method',
    'status',
  ])
  app.addHook('onRequest', async (_request, reply) => {
    void reply.headers(securityHeaders)
  })
  app.addHook('onResponse', async (request, reply) => {
    requests.series(request.method, String(reply.statusCode)).value += 1
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => parseJsonBody(body),
  )
  addRoutes(app, options.routes, options)
  addPublicFiles(app, options.files)
  addConsole(app, options)
  await app.ready()
  return app
}

/** What no route takes is a file or page of the console, or a problem. */
function addConsole(app: FastifyInstance, { consoleFolder, routes }: AppOptions): void {
  const files = loadStatic(consoleFolder)
  const methods = methodsOf(routes)
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0]!
    const reads = request.method === 'GET' || request.method === 'HEAD'
    const file =
      reads && path !== '/api' && !path.startsWith('/api/') ? files.find(path, wantsPage(request)) : undefined
    if (file === undefined) throw noRoute(request.method, path, methods(path))
    void reply.header('cache-control', file.cacheControl).header('etag', file.etag)
    if (request.headers['if-none-match'] === file.etag) return await reply.code(304).send()
    return await sendFile(reply, file, request.method === 'HEAD')
  })
}

async function sendFile(
  reply: FastifyReply,
  file: { readonly bytes: Buffer; readonly contentType: string },
  headOnly: boolean,
): Promise<FastifyReply> {
  void reply.type(file.contentType).header('content-length', file.bytes.length)
  return await reply.send(headOnly ? undefined : file.bytes)
}

function wantsPage(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') ?? false
}
