import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server as SocketServer, Socket } from 'node:net'
import { Server, ServerCredentials, ServerInterceptingCall } from '@grpc/grpc-js'
import type { ServerInterceptor } from '@grpc/grpc-js'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../../../kernel/clock.ts'
import { limits } from '../../../kernel/limits.ts'
import { listenAt } from '../../../kernel/listen.ts'
import type { Log } from '../../../kernel/log.ts'
import type { GrpcService } from '../../grpc-service.ts'

/** Open connections on one address, some 100 KiB each; a client of gRPC has one for all its calls. */
const connectionsMax = 4096
/** Calls under way on one connection. */
const streamsPerConnectionMax = 1000
/** A connection without a call for so long is closed; its client opens another when it has one. */
const idleMs = 300_000
/** How often a silent connection is asked whether its other end is alive, and how long that may take. */
const keepaliveMs = 60_000
const keepaliveTimeoutMs = 20_000
/** Calls under way when the listener closes have this long to end. */
const drainMs = 10_000

type ConnectionInjector = ReturnType<Server['createConnectionInjector']>

export interface GrpcListenerOptions {
  readonly addresses: readonly string[]
  readonly port: number
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly services: readonly GrpcService[]
  readonly clock: Clock
  readonly log: Log
}

export interface GrpcListener {
  readonly port: number
  readonly at: readonly string[]
  /** Takes no new calls, lets those under way end, then closes what is left. */
  close(): Promise<void>
}

/** Serves gRPC on one port of each address. Throws `listen.failed`, or `config.invalid` for an unusable certificate. */
export async function openGrpcListener(options: GrpcListenerOptions): Promise<GrpcListener> {
  const server = new Server({
    // A message may be as large as the body of the other bindings.
    'grpc.max_receive_message_length': limits.actBodyBytesMax,
    'grpc.max_concurrent_streams': streamsPerConnectionMax,
    'grpc.max_connection_idle_ms': idleMs,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    // Counts of every call that nobody here reads.
    'grpc.enable_channelz': 0,
    interceptors: options.services.flatMap(ownInterceptor),
  })
  for (const { definition, handlers } of options.services) server.addService(definition, handlers)
  const injector = injectorOf(server, options.tls)
  const { port, servers, at } = await listenAt({
    addresses: options.addresses,
    port: options.port,
    setting: 'AMBIT_GRPC_PORT',
    log: options.log,
    create: () => createListener((socket) => injector.injectConnection(socket)),
  })
  async function close(): Promise<void> {
    const closed = Promise.all(servers.map(async (listener) => await closeListener(listener)))
    const stop = options.clock.after(drainMs, () => server.forceShutdown())
    await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
    stop()
    server.forceShutdown()
    await closed
  }
  return { port, at, close }
}

/** A server asks its interceptors about the calls of all its services. */
function ownInterceptor({ definition, interceptor }: GrpcService): ServerInterceptor[] {
  if (interceptor === undefined) return []
  const own = new Set(Object.values(definition).map(({ path }) => path))
  return [
    (method, call) => (own.has(method.path) ? interceptor(method, call) : new ServerInterceptingCall(call)),
  ]
}

function createListener(inject: (socket: Socket) => void): SocketServer {
  const listener = createServer({ noDelay: true }, inject)
  listener.maxConnections = connectionsMax
  return listener
}

async function closeListener(listener: SocketServer): Promise<void> {
  await new Promise<void>((resolve) => listener.close(() => resolve()))
}

function injectorOf(server: Server, tls: GrpcListenerOptions['tls']): ConnectionInjector {
  if (tls === undefined) return server.createConnectionInjector(ServerCredentials.createInsecure())
  try {
    const pair = { cert_chain: readFileSync(tls.certFile), private_key: readFileSync(tls.keyFile) }
    return server.createConnectionInjector(ServerCredentials.createSsl(null, [pair]))
  } catch (error) {
    throw new Fault('config.invalid', {
      detail: 'the certificate or its key cannot be used for gRPC',
      where: 'AMBIT_TLS_CERT',
      cause: error,
    })
  }
}
