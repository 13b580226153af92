import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { ClientOptions } from '@modelcontextprotocol/client'

export interface DrivenServer {
  /** What the client connects to: the runner's server, or a node in front of it. */
  readonly url: string
  readonly token?: string
  /** The revision the scenario is run in. */
  readonly version: string
  /** What the scenario tells its client, by its own form; undefined when it tells nothing. */
  readonly context: unknown
}

type Drive = (client: Client, server: DrivenServer) => Promise<void>

interface Scenario {
  readonly capabilities?: NonNullable<ClientOptions['capabilities']>
  /** What the person at the client answers to a form. */
  readonly answer?: Readonly<Record<string, boolean>>
  readonly drive: Drive
}

const modernVersion = '2026-07-28'

/** Does with a client of the official SDK what a client scenario of the conformance runner expects. */
export async function driveScenario(name: string, server: DrivenServer): Promise<void> {
  const scenario = scenarios[name]
  if (scenario === undefined) throw new Error(`no client is written for the scenario ${name}`)
  const { capabilities = {}, answer } = scenario
  const client = new Client(
    { name: 'conformance-client', version: '1.0.0' },
    { capabilities, ...(server.version === modernVersion ? { versionNegotiation: { mode: 'auto' } } : {}) },
  )
  if (answer !== undefined) {
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { ...answer } }))
  }
  const headers = server.token === undefined ? {} : { authorization: `Bearer ${server.token}` }
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } }))
  try {
    await scenario.drive(client, server)
  } finally {
    await client.close()
  }
}

const scenarios: Readonly<Record<string, Scenario>> = {
  initialize: { drive: list },
  'json-schema-ref-no-deref': { drive: list },
  tools_call: { drive: async (client) => await call(client, 'add_numbers', { a: 5, b: 3 }) },
  'sse-retry': { drive: async (client) => await call(client, 'test_reconnection') },
  'elicitation-sep1034-client-defaults': {
    capabilities: { elicitation: { form: { applyDefaults: true } } },
    // Nothing is filled in, so the defaults of the form have to be.
    answer: {},
    drive: async (client) => await call(client, 'test_client_elicitation_defaults'),
  },
  // Without capabilities: a node declares those of whoever calls, and nobody calls while it looks at a server.
  'request-metadata': { drive: list },
  'http-standard-headers': { drive: useEachKind },
  'http-custom-headers': { drive: callAsTold },
  'http-invalid-tool-headers': { drive: callEach },
  'json-schema-2020-12-preservation': { drive: echoSchema },
  'sep-2322-client-request-state': {
    capabilities: { elicitation: {} },
    answer: { confirmed: true },
    drive: answerInRounds,
  },
}

async function list(client: Client): Promise<void> {
  await client.listTools()
}

async function call(client: Client, name: string, args: Record<string, unknown> = {}): Promise<void> {
  const { tools } = await client.listTools()
  if (!tools.some((tool) => tool.name === name)) throw new Error(`the server has no tool ${name}`)
  await client.callTool({ name, arguments: args })
}

async function useEachKind(client: Client): Promise<void> {
  const [tool] = (await client.listTools()).tools
  if (tool !== undefined) await client.callTool({ name: tool.name, arguments: {} })
  const [resource] = (await client.listResources()).resources
  if (resource !== undefined) await client.readResource({ uri: resource.uri })
  const [prompt] = (await client.listPrompts()).prompts
  if (prompt !== undefined) await client.getPrompt({ name: prompt.name, arguments: {} })
}

/** The scenario says which calls to make. */
async function callAsTold(client: Client, { context }: DrivenServer): Promise<void> {
  // The list tells which arguments are mirrored into headers.
  await client.listTools()
  const { toolCalls } = context as {
    toolCalls: readonly { name: string; arguments: Record<string, unknown> }[]
  }
  for (const told of toolCalls) await client.callTool(told)
}

/** The list holds tools whose headers are against the rules: whatever is still there is called. */
async function callEach(client: Client): Promise<void> {
  for (const { name } of (await client.listTools()).tools) {
    await client.callTool({ name, arguments: { region: 'us-west1' } })
  }
}

/** Gives the schema back as it was read. */
async function echoSchema(client: Client): Promise<void> {
  const { tools } = await client.listTools()
  const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema
  await client.callTool({ name: 'json_schema_echo', arguments: { schema } })
}

async function answerInRounds(client: Client): Promise<void> {
  for (const name of ['test_mrtr_echo_state', 'test_mrtr_no_state', 'test_mrtr_unrelated']) {
    await client.callTool({ name, arguments: {} })
  }
  // A result without `resultType` is against the protocol; that the client does not ask again is what counts.
  await client.callTool({ name: 'test_mrtr_no_result_type', arguments: {} }).catch(() => undefined)
}
