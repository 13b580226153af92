import type { ServerInterceptor, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'

/** A service of gRPC as the listener takes it. */
export interface GrpcService {
  readonly definition: ServiceDefinition
  readonly handlers: UntypedServiceImplementation
  /** Sees the calls of this service before their messages. */
  readonly interceptor?: ServerInterceptor
}
