import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { A2A_PROTOCOL_VERSION, TaskState } from '@a2a-js/sdk'
import type { AgentCard, Message } from '@a2a-js/sdk'
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryPushNotificationStore,
  InMemoryTaskStore,
} from '@a2a-js/sdk/server'
import type { AgentExecutor, ExecutionEventBus, RequestContext } from '@a2a-js/sdk/server'
import { UserBuilder, agentCardHandler, jsonRpcHandler, restHandler } from '@a2a-js/sdk/server/express'
import express from 'express'
import { card03, versionsOf } from './a2a-card-03.ts'
import { openGrpcEnd } from './a2a-agent-grpc.ts'
import type { GrpcRequest } from './a2a-agent-grpc.ts'
import { Voice, statusOf, textPart } from './a2a-voice.ts'

export interface A2aAgentOptions {
  /** 0 or left out: any free port. */
  readonly port?: number
  /** Left out: 127.0.0.1. */
  readonly host?: string
  /** Between two pieces of a slow answer. */
  readonly delayMs?: number
  /** Pieces of a streamed answer. */
  readonly pieces?: number
  readonly name?: string
  readonly description?: string
  readonly streaming?: boolean
  /** Sends push notifications with the SDK's own sender. */
  readonly pushes?: boolean
  /** Which bindings the card offers, in order; those of HTTP are served either way, gRPC where it is among them. */
  readonly bindings?: readonly ('JSONRPC' | 'HTTP+JSON' | 'GRPC')[]
  /** Of the gRPC interface. */
  readonly tenant?: string
  /** `also`: speaks 0.3 beside 1.0, and its card says so; `only`: it has a card of 0.3 and no interface of 1.0. */
  readonly legacy?: 'also' | 'only'
  /** What is changed about its card. */
  readonly change?: (card: AgentCard) => AgentCard
  /** The card for callers it knows, made of the public one. */
  readonly extended?: (card: AgentCard) => AgentCard
}

export interface A2aAgent {
  readonly url: string
  readonly cardUrl: string
  /** What reached the agent, newest last. */
  readonly calls: { readonly text: string; readonly messageId: string; readonly taskId: string }[]
  /** Ids of the tasks it was told to cancel. */
  readonly cancelled: string[]
  /** Bodies of requests as they came, newest last. */
  readonly bodies: string[]
  /** Calls over gRPC, newest last. */
  readonly grpcRequests: readonly GrpcRequest[]
  /** The settings of push notifications it was given, newest last. */
  readonly pushConfigs: readonly PushSetting[]
  /** Resolves once a task was cancelled, at once when one was already. */
  cancellation(): Promise<string>
  close(): Promise<void>
}

/**
 * An agent on the official SDK over JSON-RPC and HTTP+JSON. It echoes text; `stream` or `slow` in the text makes it
 * answer in pieces, `ask` makes it wait for input, `fail` and `reject` end the task so, `message` answers with a message
 * instead of a task, `hold` works until it is cancelled.
 */
export async function startA2aAgent(options: A2aAgentOptions = {}): Promise<A2aAgent> {
  const executor = new Echo(options.delayMs ?? 20, options.pieces ?? 5)
  const { host = '127.0.0.1' } = options
  const app = express()
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, host, resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const bodies: string[] = []
  const pushConfigs: PushSetting[] = []
  const grpc = options.bindings?.includes('GRPC') === true ? await openGrpcEnd() : undefined
  const plain = versionsOf(cardOf(url, options, grpc?.address), options.legacy)
  const card = options.change?.(plain) ?? plain
  const { extended } = options
  const legacyCompat = { enabled: options.legacy !== undefined }
  const requestHandler = new DefaultRequestHandler(
    card,
    new InMemoryTaskStore(),
    executor,
    undefined,
    new NotedPushStore(pushConfigs),
    undefined,
    extended === undefined ? undefined : async () => await Promise.resolve(extended(card)),
  )
  grpc?.serve(requestHandler)
  app.use((request, _response, next) => {
    const chunks: Buffer[] = []
    const emit = request.emit.bind(request)
    // A listener of its own would let the body flow before whoever reads it has asked for it.
    request.emit = (name: string | symbol, ...values: unknown[]) => {
      if (name === 'data') chunks.push(values[0] as Buffer)
      if (name === 'end') bodies.push(Buffer.concat(chunks).toString('utf8'))
      return emit(name, ...values)
    }
    next()
  })
  const shared = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat }
  const cardPath = '/.well-known/agent-card.json'
  if (options.legacy === 'only') app.get(cardPath, (_request, response) => void response.json(card03(card)))
  app.use(cardPath, agentCardHandler({ agentCardProvider: requestHandler, legacyCompat }))
  app.use('/rpc', jsonRpcHandler(shared))
  app.use('/rest', restHandler(shared))
  return {
    url,
    cardUrl: `${url}/.well-known/agent-card.json`,
    calls: executor.calls,
    cancelled: executor.cancelled,
    bodies,
    pushConfigs,
    grpcRequests: grpc?.requests ?? [],
    cancellation: async () => await executor.cancellation,
    close: async () => {
      grpc?.close()
      await closeServer(server)
    },
  }
}

/** What a client wants to be told, as the agent knows it. */
export type PushSetting = Parameters<InMemoryPushNotificationStore['save']>[2]

class NotedPushStore extends InMemoryPushNotificationStore {
  readonly #noted: PushSetting[]

  constructor(noted: PushSetting[]) {
    super()
    this.#noted = noted
  }

  override async save(...given: Parameters<InMemoryPushNotificationStore['save']>): Promise<void> {
    await super.save(...given)
    this.#noted.push(structuredClone(given[2]))
  }
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}

function cardOf(url: string, options: A2aAgentOptions, grpcAddress: string | undefined): AgentCard {
  const bindings = options.bindings ?? ['JSONRPC', 'HTTP+JSON']
  return {
    name: options.name ?? 'Echo',
    description: options.description ?? 'Says back what it is told.',
    version: '1.2.3',
    provider: { organization: 'Testkit', url: 'https://example.com' },
    documentationUrl: '',
    signatures: [],
    securitySchemes: {},
    securityRequirements: [],
    supportedInterfaces: bindings.map((protocolBinding) => ({
      url: { JSONRPC: `${url}/rpc`, 'HTTP+JSON': `${url}/rest`, GRPC: grpcAddress ?? '' }[protocolBinding],
      protocolBinding,
      protocolVersion: A2A_PROTOCOL_VERSION,
      tenant: protocolBinding === 'GRPC' ? (options.tenant ?? '') : '',
    })),
    capabilities: {
      streaming: options.streaming ?? true,
      pushNotifications: options.pushes ?? false,
      extensions: [],
      extendedAgentCard: false,
    },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        id: 'echo',
        name: 'Echo',
        description: 'Says back what it is told, in pieces when asked to.',
        tags: ['echo'],
        examples: ['hello'],
        inputModes: [],
        outputModes: [],
        securityRequirements: [],
      },
    ],
  }
}

class Echo implements AgentExecutor {
  readonly calls: { text: string; messageId: string; taskId: string }[] = []
  readonly cancelled: string[] = []
  readonly cancellation: Promise<string>
  readonly #delayMs: number
  readonly #pieces: number
  readonly #running = new Map<string, AbortController>()
  #tellCancelled: (taskId: string) => void = () => undefined

  constructor(delayMs: number, pieces: number) {
    this.#delayMs = delayMs
    this.#pieces = pieces
    this.cancellation = new Promise((resolve) => {
      this.#tellCancelled = resolve
    })
  }

  async execute(context: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const { userMessage, taskId } = context
    const said = textOf(userMessage)
    this.calls.push({ text: said, messageId: userMessage.messageId, taskId })
    const voice = new Voice(context, bus)
    if (said.includes('message')) {
      voice.message(`echo: ${said}`)
      return
    }
    voice.task()
    if (said.includes('ask')) voice.status(TaskState.TASK_STATE_INPUT_REQUIRED, 'Which one?')
    else if (said.includes('fail')) voice.status(TaskState.TASK_STATE_FAILED, 'It broke.')
    else if (said.includes('reject')) voice.status(TaskState.TASK_STATE_REJECTED, 'No.')
    else await this.#work(taskId, said, voice)
  }

  async cancelTask(taskId: string, bus: ExecutionEventBus): Promise<void> {
    this.cancelled.push(taskId)
    this.#running.get(taskId)?.abort()
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId: '',
        metadata: undefined,
        status: statusOf(TaskState.TASK_STATE_CANCELED),
      }),
    )
    this.#tellCancelled(taskId)
    await Promise.resolve()
  }

  async #work(taskId: string, said: string, voice: Voice): Promise<void> {
    const running = new AbortController()
    this.#running.set(taskId, running)
    try {
      voice.status(TaskState.TASK_STATE_WORKING)
      if (said.includes('hold')) {
        await aborted(running.signal)
        return
      }
      await this.#say(said, voice, running.signal)
      if (!running.signal.aborted) voice.status(TaskState.TASK_STATE_COMPLETED)
    } finally {
      this.#running.delete(taskId)
    }
  }

  async #say(said: string, voice: Voice, signal: AbortSignal): Promise<void> {
    const artifact = randomUUID()
    if (!/slow|stream/.test(said)) {
      voice.artifact(artifact, 'echo', textPart(`echo: ${said}`), false, true)
      return
    }
    for (let piece = 0; piece < this.#pieces && !signal.aborted; piece++) {
      voice.artifact(artifact, 'echo', textPart(`${piece} ${said}`), piece > 0, piece === this.#pieces - 1)
      await delay(this.#delayMs, signal)
    }
  }
}

function textOf(message: Message): string {
  return message.parts.map((part) => (part.content?.$case === 'text' ? part.content.value : '')).join(' ')
}

async function delay(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
