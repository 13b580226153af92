import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  ElicitRequestSchema,
  ElicitationCompleteNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'

/** What tests need of a client, whichever SDK it is made of. */
export interface TestMcpClient {
  readonly version: string | undefined
  readonly sessionId: string | undefined
  tools(): Promise<readonly { readonly name: string }[]>
  /** Rejects with the SDK's own error for a JSON-RPC error. */
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<Record<string, unknown>>
  ping(): Promise<unknown>
  /** Ends the session with DELETE. */
  endSession(): Promise<void>
  close(): Promise<void>
}

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly onprogress?: (progress: { progress: number; total?: number | undefined }) => void
}

export interface ClientOptions {
  readonly token?: string
  /** `latest`: the client of the second SDK as it comes (2025-11-25); `modern`: pinned to 2026-07-28; `first`: the first SDK. */
  readonly kind?: 'latest' | 'modern' | 'first'
  /** It declares that it can be sent to an address (URL elicitation). */
  readonly opensAddresses?: boolean
  /** What its person does with an address; left out: the client takes no such requests, whatever it declares. */
  readonly onAddress?: (asked: AskedAddress) => 'accept' | 'decline' | 'cancel'
  /** Called for each `notifications/elicitation/complete`. */
  readonly onDecided?: (elicitationId: string) => void
  /** In place of the one of the runtime. */
  readonly fetch?: typeof fetch
  /** Called for each `notifications/tools/list_changed`. */
  readonly onListChanged?: () => void
}

export interface AskedAddress {
  readonly url: string
  readonly elicitationId: string
  readonly message: string
}

const info = { name: 'test-client', version: '1.0.0' }

/** Connects a client of an official SDK. */
export async function connectMcpClient(url: string, options: ClientOptions = {}): Promise<TestMcpClient> {
  const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }
  const transportOptions = {
    requestInit: { headers },
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  }
  return options.kind === 'first'
    ? await connectFirst(new FirstTransport(new URL(url), transportOptions), options)
    : await connectLatest(new StreamableHTTPClientTransport(new URL(url), transportOptions), options)
}

function capabilitiesOf({ opensAddresses }: ClientOptions) {
  return opensAddresses === true ? { elicitation: { url: {} } } : {}
}

function addressOf(params: object): AskedAddress {
  const { mode } = params as { mode?: string }
  if (mode !== 'url') throw new Error('an address was expected')
  return params as AskedAddress
}

async function connectLatest(
  transport: StreamableHTTPClientTransport,
  options: ClientOptions,
): Promise<TestMcpClient> {
  const client = new Client(info, {
    capabilities: capabilitiesOf(options),
    ...(options.kind === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' as const } } } : {}),
  })
  const { onListChanged, onAddress, onDecided } = options
  if (onAddress !== undefined)
    client.setRequestHandler('elicitation/create', ({ params }) => ({ action: onAddress(addressOf(params)) }))
  if (onDecided !== undefined)
    client.setNotificationHandler('notifications/elicitation/complete', ({ params }) =>
      onDecided(params.elicitationId),
    )
  if (onListChanged !== undefined)
    client.setNotificationHandler('notifications/tools/list_changed', () => onListChanged())
  await client.connect(transport)
  return {
    version: client.getNegotiatedProtocolVersion(),
    get sessionId() {
      return transport.sessionId
    },
    tools: async () => (await client.listTools()).tools,
    call: async (name, args = {}, more = {}) => await client.callTool({ name, arguments: args }, more),
    ping: async () => await client.ping(),
    endSession: async () => await transport.terminateSession(),
    close: async () => await client.close(),
  }
}

async function connectFirst(transport: FirstTransport, options: ClientOptions): Promise<TestMcpClient> {
  const { onListChanged, onAddress, onDecided } = options
  const client = new FirstClient(info, {
    capabilities: capabilitiesOf(options),
    ...(onListChanged === undefined
      ? {}
      : { listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => onListChanged() } } }),
  })
  if (onAddress !== undefined)
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({ action: onAddress(addressOf(params)) }))
  if (onDecided !== undefined)
    client.setNotificationHandler(ElicitationCompleteNotificationSchema, ({ params }) =>
      onDecided(params.elicitationId),
    )
  await client.connect(transport)
  return {
    version: transport.protocolVersion,
    get sessionId() {
      return transport.sessionId
    },
    tools: async () => (await client.listTools()).tools,
    call: async (name, args = {}, more = {}) =>
      await client.callTool({ name, arguments: args }, undefined, more),
    ping: async () => await client.ping(),
    endSession: async () => await transport.terminateSession(),
    close: async () => await client.close(),
  }
}
