import { A2AService, grpcService } from '@a2a-js/sdk/server/grpc'
import type { DefaultRequestHandler } from '@a2a-js/sdk/server'
import { UserBuilder } from '@a2a-js/sdk/server/express'
import { Server, ServerCredentials, ServerInterceptingCall, ServerListenerBuilder } from '@grpc/grpc-js'
import type { ServerInterceptor } from '@grpc/grpc-js'

/** What reached the agent in one call. */
export interface GrpcRequest {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly tenant: string
}

export interface GrpcEnd {
  /** `127.0.0.1:…` */
  readonly address: string
  /** Newest last. */
  readonly requests: GrpcRequest[]
  serve(requestHandler: DefaultRequestHandler): void
  close(): void
}

/** The gRPC side of the agent, on a port of its own: known before the card that names it is made. */
export async function openGrpcEnd(): Promise<GrpcEnd> {
  const requests: GrpcRequest[] = []
  const server = new Server({ interceptors: [recorder(requests)] })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  return {
    address: `127.0.0.1:${port}`,
    requests,
    serve(requestHandler) {
      const userBuilder = UserBuilder.noAuthentication
      server.addService(A2AService, grpcService({ requestHandler, userBuilder }))
    },
    close: () => server.forceShutdown(),
  }
}

function recorder(requests: GrpcRequest[]): ServerInterceptor {
  return (_method, call) => {
    let metadata: Readonly<Record<string, unknown>> = {}
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((received, next) => {
        metadata = received.getMap()
        next(received)
      })
      .withOnReceiveMessage((message: { tenant?: string }, next) => {
        requests.push({ metadata, tenant: message.tenant ?? '' })
        next(message)
      })
      .build()
    return new ServerInterceptingCall(call, { start: (next) => next(listener) })
  }
}
