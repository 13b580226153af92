import { randomUUID } from 'node:crypto'
import { Role, TaskState } from '@a2a-js/sdk'
import type { Message, Task } from '@a2a-js/sdk'
import { ClientFactory, JsonRpcTransportFactory, RestTransportFactory } from '@a2a-js/sdk/client'
import type { Client } from '@a2a-js/sdk/client'
import { LegacyJsonRpcTransport, LegacyRestTransport } from '@a2a-js/sdk/compat/v0_3/client'
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc'
import { InterceptingCall } from '@grpc/grpc-js'
import type { Interceptor } from '@grpc/grpc-js'

export { TaskState }
export type A2aClient = Client
export type A2aStreamEvent = Awaited<ReturnType<ReturnType<Client['sendMessageStream']>['next']>>['value']

/** The official client on the card below `url`, in one binding, with a bearer token. */
export async function a2aClient(
  url: string,
  binding: 'JSONRPC' | 'HTTP+JSON' | 'GRPC',
  token?: string,
): Promise<Client> {
  const fetchImpl = withToken(token)
  const transports = [
    new JsonRpcTransportFactory({ fetchImpl }),
    new RestTransportFactory({ fetchImpl }),
    new GrpcTransportFactory({ grpcCallOptions: { interceptors: [withMetadata(token)] } }),
  ]
  const factory = new ClientFactory({ transports, preferredTransports: [binding] })
  return await factory.createFromUrl(`${url}/.well-known/agent-card.json`, '')
}

function withMetadata(token: string | undefined): Interceptor {
  return (options, next) =>
    new InterceptingCall(next(options), {
      start(metadata, listener, go) {
        if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
        go(metadata, listener)
      },
    })
}

function withToken(token: string | undefined): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    return await fetch(input, { ...init, headers })
  }
}

type SendRequest = Parameters<Client['sendMessage']>[0]

export function textRequest(text: string, of: { taskId?: string; contextId?: string } = {}): SendRequest {
  const message: Message = {
    messageId: randomUUID(),
    role: Role.ROLE_USER,
    parts: [
      { content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: 'text/plain' },
    ],
    taskId: of.taskId ?? '',
    contextId: of.contextId ?? '',
    extensions: [],
    metadata: undefined,
    referenceTaskIds: [],
  }
  return { tenant: '', message, configuration: undefined, metadata: undefined }
}

/** All text in a task's artifacts, or in a message. */
export function answerText(answer: Task | Message): string {
  const parts = 'messageId' in answer ? answer.parts : answer.artifacts.flatMap((artifact) => artifact.parts)
  return parts.map((part) => (part.content?.$case === 'text' ? part.content.value : '')).join('')
}

/** The official client of 0.3, which knows nothing of 1.0 on the wire. `url` is that of the interface. */
export function a2aClient03(url: string, binding: 'JSONRPC' | 'HTTP+JSON', token: string): A2aClient03 {
  const options = { endpoint: url, fetchImpl: withToken(token) }
  return binding === 'JSONRPC' ? new LegacyJsonRpcTransport(options) : new LegacyRestTransport(options)
}

export type A2aClient03 = LegacyJsonRpcTransport | LegacyRestTransport
