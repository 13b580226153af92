import { randomBytes, randomUUID } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
} from '@modelcontextprotocol/server'
import type {
  CallToolResult,
  ClientCapabilities,
  GetPromptResult,
  InputRequests,
  InputRequiredResult,
  McpServer,
  ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { text } from './conformance-mcp-content.ts'

type Answer = CallToolResult | InputRequiredResult

interface RoundState extends Record<string, unknown> {
  readonly round?: number
  readonly name?: string
}

/** Seals what a tool remembers between two rounds; the key lives as long as the process, the state with the client. */
export const roundState = createRequestStateCodec<RoundState>({ key: randomBytes(32) })

/** The tools of 2026-07-28 that need something of the client before they can answer, in one round or several. */
export function addRoundTools(server: McpServer): void {
  for (const [name, tool] of Object.entries(tools)) {
    server.registerTool(
      name,
      { description: `Asks in rounds (${name})`, inputSchema: z.object({}) },
      async (_args, context) => await tool(context),
    )
  }
}

const tools: Readonly<Record<string, (context: ServerContext) => Answer | Promise<Answer>>> = {
  test_missing_capability: (context) =>
    context.mcpReq.inputResponses?.['llm_answer'] === undefined
      ? inputRequired({ inputRequests: { llm_answer: sample('Reply with the single word: pong') } })
      : said('sampling round-trip complete'),

  test_input_required_result_elicitation(context) {
    const name = nameIn(context, 'user_name')
    return name === undefined
      ? inputRequired({ inputRequests: { user_name: askName() } })
      : said(`Hello, ${name}!`)
  },

  test_input_required_result_sampling(context) {
    const answer = context.mcpReq.inputResponses?.['capital_question']
    return answer === undefined
      ? inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?') } })
      : said(`Sampling response: ${JSON.stringify(answer)}`)
  },

  test_input_required_result_list_roots(context) {
    const roots = rootsIn(context)
    return roots === undefined
      ? inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
      : said(`The client has ${roots.length} root(s): ${JSON.stringify(roots)}`)
  },

  async test_input_required_result_request_state(context) {
    if (!isConfirmed(context)) {
      return inputRequired({ inputRequests: { confirm: askConfirmation() }, requestState: await mint() })
    }
    // The server checked the seal before the tool was asked; only its absence is left to see here.
    if (context.mcpReq.requestState() === undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'the requestState is missing')
    }
    return said('state-ok: the state came back as it was given')
  },

  async test_input_required_result_tampered_state(context) {
    return context.mcpReq.requestState() !== undefined && isConfirmed(context)
      ? said('integrity-ok: the state came back as it was given')
      : inputRequired({ inputRequests: { confirm: askConfirmation() }, requestState: await mint() })
  },

  async test_input_required_result_multiple_inputs(context) {
    const name = nameIn(context, 'user_name')
    const greeting = context.mcpReq.inputResponses?.['greeting']
    const roots = rootsIn(context)
    if (name !== undefined && greeting !== undefined && roots !== undefined) {
      return said(`${JSON.stringify(greeting)} ${name}, ${roots.length} root(s)`)
    }
    return inputRequired({
      inputRequests: {
        user_name: askName(),
        greeting: sample('Generate a greeting'),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await mint(),
    })
  },

  async test_input_required_result_multi_round(context) {
    const { round = 0, name } = context.mcpReq.requestState<RoundState>() ?? {}
    if (round === 0) {
      return inputRequired({ inputRequests: { step1: askName() }, requestState: await mint({ round: 1 }) })
    }
    if (round === 1) {
      const next = { round: 2, name: nameIn(context, 'step1') ?? 'nobody' }
      return inputRequired({ inputRequests: { step2: ask('color') }, requestState: await mint(next) })
    }
    const color = acceptedContent<{ color: string }>(context.mcpReq.inputResponses, 'step2')?.color
    return said(`${name} likes ${color ?? 'no color'}`)
  },

  test_input_required_result_capabilities(context) {
    if (context.mcpReq.inputResponses !== undefined) return said('asked only for what the client can do')
    const can = capabilitiesOf(context)
    const inputRequests: InputRequests = {
      ...(can?.elicitation === undefined ? {} : { user_name: askName() }),
      ...(can?.sampling === undefined ? {} : { greeting: sample('Generate a short greeting') }),
      ...(can?.roots === undefined ? {} : { client_roots: inputRequired.listRoots() }),
    }
    return Object.keys(inputRequests).length === 0
      ? said('The client can do nothing that could be asked of it.')
      : inputRequired({ inputRequests })
  },
}

/** The prompt that needs to know something first. */
export function addRoundPrompt(server: McpServer): void {
  // Without `argsSchema` the SDK gives the context as the only argument, which its types do not say.
  const prompt = (context: unknown): GetPromptResult | InputRequiredResult => {
    const responses = (context as ServerContext).mcpReq.inputResponses
    const given = acceptedContent<{ context: string }>(responses, 'user_context')?.context
    if (given === undefined) return inputRequired({ inputRequests: { user_context: ask('context') } })
    return { messages: [{ role: 'user', content: text(`Use the following context: ${given}`) }] }
  }
  server.registerPrompt(
    'test_input_required_result_prompt',
    { title: 'Prompt in rounds', description: 'Asks for a context before it is rendered' },
    prompt,
  )
}

async function mint(state: RoundState = {}): Promise<string> {
  return await roundState.mint({ ...state, nonce: randomUUID() })
}

function ask(field: string) {
  return inputRequired.elicit({
    message: `Please give: ${field}`,
    requestedSchema: { type: 'object', properties: { [field]: { type: 'string' } }, required: [field] },
  })
}

function askName() {
  return ask('name')
}

function askConfirmation() {
  return inputRequired.elicit({
    message: 'Please confirm',
    requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
  })
}

function sample(question: string) {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: text(question) }],
    maxTokens: 100,
  })
}

function capabilitiesOf({ mcpReq }: ServerContext): ClientCapabilities | undefined {
  const envelope: Readonly<Record<string, unknown>> | undefined = mcpReq.envelope
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined
}

function isConfirmed(context: ServerContext): boolean {
  return acceptedContent(context.mcpReq.inputResponses, 'confirm') !== undefined
}

function nameIn(context: ServerContext, key: string): string | undefined {
  const name: unknown = acceptedContent<{ name: unknown }>(context.mcpReq.inputResponses, key)?.name
  return typeof name === 'string' ? name : undefined
}

function rootsIn(context: ServerContext): readonly unknown[] | undefined {
  const answer = context.mcpReq.inputResponses?.['client_roots'] as { roots?: unknown } | undefined
  return Array.isArray(answer?.roots) ? answer.roots : undefined
}

function said(content: string): CallToolResult {
  return { content: [text(content)] }
}
