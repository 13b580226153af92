import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { text } from './conformance-mcp-content.ts'

/** Between two notifications, so that a buffering hop can be told from a streaming one. */
const stepMs = 50
/** A client needs this long to see that its stream was closed. */
const reconnectMs = 100

const nothing = z.object({})

/** The tools that say something to the client, or ask it something, before they answer. */
export function addDialogueTools(server: McpServer): void {
  addNotifyingTools(server)
  addAskingTools(server)
}

function addNotifyingTools(server: McpServer): void {
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs three times while it works', inputSchema: nothing },
    async (_args, { mcpReq }) => {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } })
        await pause(stepMs)
      }
      return said('Tool with logging executed successfully')
    },
  )
  server.registerTool(
    'test_logging_tool',
    { description: 'Logs only for requests that asked for a level', inputSchema: nothing },
    async (_args, { mcpReq }) => {
      await mcpReq.log('info', 'heard by whoever asked for it')
      return said('logged')
    },
  )
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress to whoever gave a token', inputSchema: nothing },
    async (_args, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken
      if (progressToken !== undefined) {
        for (const progress of [0, 50, 100]) {
          const params = { progressToken, progress, total: 100, message: `Completed step ${progress} of 100` }
          await mcpReq.notify({ method: 'notifications/progress', params })
          await pause(stepMs)
        }
      }
      return said(String(progressToken ?? 'no token'))
    },
  )
  server.registerTool(
    'test_reconnection',
    { description: 'Closes its stream before it answers', inputSchema: nothing },
    async (_args, context) => {
      context.http?.closeSSE?.()
      await pause(reconnectMs)
      return said('Whoever reads this came back for it.')
    },
  )
}

function addAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model of the client', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, context) =>
      await asked(async () => {
        const params = {
          messages: [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }],
          maxTokens: 100,
        }
        const { content } = await context.mcpReq.send({ method: 'sampling/createMessage', params })
        return `LLM response: ${JSON.stringify(content)}`
      }),
  )
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the person at the client', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) =>
      await elicited(context, message, {
        type: 'object',
        properties: { response: { type: 'string', description: "User's response" } },
        required: ['response'],
      }),
  )
  for (const [name, requestedSchema] of Object.entries(forms)) {
    server.registerTool(
      name,
      { description: `Asks with a form (${name})`, inputSchema: nothing },
      async (_args, context) => await elicited(context, 'Please fill in the form', requestedSchema),
    )
  }
}

type Form = Parameters<ServerContext['mcpReq']['elicitInput']>[0] extends infer Params
  ? Extract<Params, { requestedSchema: unknown }>['requestedSchema']
  : never

/** Forms with a default for each kind of field, and with each way to write a choice. */
const forms: Readonly<Record<string, Form>> = {
  test_elicitation_sep1034_defaults: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'User name', default: 'John Doe' },
      age: { type: 'integer', description: 'User age', default: 30 },
      score: { type: 'number', description: 'User score', default: 95.5 },
      status: {
        type: 'string',
        description: 'User status',
        enum: ['active', 'inactive', 'pending'],
        default: 'active',
      },
      verified: { type: 'boolean', description: 'Verification status', default: true },
    },
    required: [],
  },
  test_elicitation_sep1330_enums: {
    type: 'object',
    properties: {
      untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
      titledSingle: {
        type: 'string',
        oneOf: [
          { const: 'value1', title: 'First Option' },
          { const: 'value2', title: 'Second Option' },
          { const: 'value3', title: 'Third Option' },
        ],
      },
      legacyEnum: {
        type: 'string',
        enum: ['opt1', 'opt2', 'opt3'],
        enumNames: ['Option One', 'Option Two', 'Option Three'],
      },
      untitledMulti: {
        type: 'array',
        minItems: 1,
        maxItems: 3,
        items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
      },
      titledMulti: {
        type: 'array',
        minItems: 1,
        maxItems: 3,
        items: {
          anyOf: [
            { const: 'value1', title: 'First Choice' },
            { const: 'value2', title: 'Second Choice' },
            { const: 'value3', title: 'Third Choice' },
          ],
        },
      },
    },
    required: [],
  },
}

async function elicited(
  context: ServerContext,
  message: string,
  requestedSchema: Form,
): Promise<CallToolResult> {
  return await asked(async () => {
    const { action, content } = await context.mcpReq.send({
      method: 'elicitation/create',
      params: { message, requestedSchema },
    })
    return `Answer of the person: action=${action}, content=${JSON.stringify(content ?? {})}`
  })
}

/** A client that cannot be asked is an answer too: the tool says so. */
async function asked(ask: () => Promise<string>): Promise<CallToolResult> {
  try {
    return said(await ask())
  } catch (error) {
    return said(`The client did not answer: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function said(content: string): CallToolResult {
  return { content: [text(content)] }
}

async function pause(ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, ms)
  })
}
