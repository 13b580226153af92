import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { A2A_PROTOCOL_VERSION, AGENT_CARD_PATH } from '@a2a-js/sdk'
import type { AgentCard, AgentInterface } from '@a2a-js/sdk'
import { duplicateInterfacesForLegacy } from '@a2a-js/sdk/compat/v0_3'
import { LegacyA2AService, legacyGrpcService } from '@a2a-js/sdk/compat/v0_3/server/grpc'
import {
  DefaultPushNotificationSender,
  DefaultRequestHandler,
  InMemoryPushNotificationStore,
  InMemoryTaskStore,
} from '@a2a-js/sdk/server'
import { UserBuilder, agentCardHandler, jsonRpcHandler, restHandler } from '@a2a-js/sdk/server/express'
import { A2AService, grpcService } from '@a2a-js/sdk/server/grpc'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import express from 'express'
import { ConformanceExecutor } from './conformance-a2a-executor.ts'

export interface ConformanceA2aOptions {
  /** 0 or left out: any free port. */
  readonly port?: number
  readonly grpcPort?: number
  /** Push notifications, on unless switched off. */
  readonly push?: boolean
  /** Streams, on unless switched off. */
  readonly streaming?: boolean
  /** A card for those who have signed in, off unless switched on; anybody has. */
  readonly extendedCard?: boolean
  /** Also speaks 0.3 on each binding, and behaves as the suites of 0.3 expect. */
  readonly legacy?: boolean
  /** An extension that callers have to name. */
  readonly requiredExtension?: string
}

export interface ConformanceA2aAgent {
  /** `http://localhost:…`; the card stands below it. */
  readonly url: string
  /** `localhost:…` */
  readonly grpcAddress: string
  close(): Promise<void>
}

/** Where JSON-RPC and HTTP+JSON are served. */
const paths = { rpc: '/a2a/jsonrpc', rest: '/a2a/rest' } as const

/**
 * An agent on the official SDK over all three bindings that does what the A2A TCK asks of a system under test: it passes
 * the suites by itself, so that what they lose behind a gateway was lost by the gateway.
 */
export async function startConformanceA2a(options: ConformanceA2aOptions = {}): Promise<ConformanceA2aAgent> {
  const app = express()
  const server = createServer(app)
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const grpc = new Server()
  const grpcPort = await bind(grpc, options.grpcPort ?? 0)
  const grpcAddress = `localhost:${grpcPort}`
  const requestHandler = handlerOf(cardOf(url, grpcAddress, options), options)
  const legacyCompat = { enabled: options.legacy ?? false }
  const parts = { requestHandler, userBuilder: UserBuilder.noAuthentication }
  const card = agentCardHandler({ agentCardProvider: requestHandler, legacyCompat })
  // The suites of 0.3 look for the card below the address of the interface.
  for (const base of ['', paths.rpc]) app.use(`${base}/${AGENT_CARD_PATH}`, card)
  app.use(paths.rpc, jsonRpcHandler({ ...parts, legacyCompat }))
  app.use(paths.rest, restHandler({ ...parts, legacyCompat }))
  grpc.addService(A2AService, grpcService(parts))
  if (legacyCompat.enabled) grpc.addService(LegacyA2AService, legacyGrpcService(parts))
  return {
    url,
    grpcAddress,
    async close() {
      grpc.forceShutdown()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function bind(grpc: Server, port: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    grpc.bindAsync(`localhost:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
}

function handlerOf(card: AgentCard, { push = true, legacy, extendedCard }: ConformanceA2aOptions) {
  const pushes = new InMemoryPushNotificationStore()
  return new DefaultRequestHandler(
    card,
    new InMemoryTaskStore(),
    new ConformanceExecutor(legacy ?? false),
    undefined,
    push ? pushes : undefined,
    push ? new DefaultPushNotificationSender(pushes) : undefined,
    extendedCard === true ? { ...card, description: `${card.description} Known to you better.` } : undefined,
  )
}

function cardOf(url: string, grpcAddress: string, options: ConformanceA2aOptions): AgentCard {
  const { push = true, streaming = true, extendedCard = false, legacy = false, requiredExtension } = options
  const interfaces = [
    interfaceOf(`${url}${paths.rpc}`, 'JSONRPC'),
    interfaceOf(`${url}${paths.rest}`, 'HTTP+JSON'),
    // The suites of 0.3 want every address to begin as those of HTTP do.
    interfaceOf(legacy ? `http://${grpcAddress}` : grpcAddress, 'GRPC'),
  ]
  return {
    name: 'Conformance fixture',
    description: 'Does what a test asks for.',
    version: '1.0.0',
    provider: { organization: 'Testkit', url: 'https://example.com' },
    documentationUrl: 'https://example.com/documentation',
    signatures: [],
    securitySchemes: {},
    securityRequirements: [],
    supportedInterfaces: legacy
      ? duplicateInterfacesForLegacy(
          interfaces,
          interfaces.map(({ protocolBinding }) => protocolBinding),
        )
      : interfaces,
    capabilities: {
      streaming,
      pushNotifications: push,
      extendedAgentCard: extendedCard,
      extensions:
        requiredExtension === undefined
          ? []
          : [{ uri: requiredExtension, description: 'Required', required: true, params: undefined }],
    },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        id: 'conformance',
        name: 'Conformance',
        description: 'Does what a test asks for.',
        tags: ['test'],
        examples: ['hello'],
        inputModes: [],
        outputModes: [],
        securityRequirements: [],
      },
    ],
  }
}

function interfaceOf(url: string, protocolBinding: string): AgentInterface {
  return { url, protocolBinding, protocolVersion: A2A_PROTOCOL_VERSION, tenant: '' }
}
