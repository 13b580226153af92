import { McpServer } from '@modelcontextprotocol/server'
import type { CallToolResult, RegisteredTool } from '@modelcontextprotocol/server'
import { z } from 'zod'

/** One call that a fixture server was asked for. */
export interface FixtureCall {
  readonly tool: string
  readonly arguments: unknown
  readonly era: 'legacy' | 'modern'
  /** Set when the caller cancelled it. */
  cancelled?: true
  /** Set when it was answered. */
  finished?: true
}

/** What the tools of a fixture have in common, across sessions and requests. */
export interface FixtureState {
  readonly calls: FixtureCall[]
  /** Descriptions given in place of the tools' own: for tests of definitions that change. */
  readonly descriptions: Map<string, string>
  /** Further tools `tool-0`, `tool-1` …, which answer with their name. */
  readonly extraTools: number
}

/** A red pixel. */
const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='

/**
 * A server with tools for tests: `echo`, `add` (structured), `slow` (progress every 20 ms, ends when cancelled),
 * `big` (an answer of so many characters), `fail` (a tool error), `crash` (a thrown error) and `image`.
 */
export function fixtureServer(state: FixtureState, era: 'legacy' | 'modern'): McpServer {
  const server = new McpServer(
    { name: 'fixture', title: 'Fixture', version: '1.2.3' },
    { capabilities: { tools: { listChanged: true } }, instructions: 'Tools for tests.' },
  )
  addPlainTools(server, state, era)
  addSlow(server, state, era)
  for (let at = 0; at < state.extraTools; at++) {
    const name = `tool-${at}`
    describe(
      state,
      name,
      server.registerTool(name, { description: `Tool number ${at}`, inputSchema: z.object({}) }, () =>
        text(name),
      ),
    )
  }
  return server
}

function addPlainTools(server: McpServer, state: FixtureState, era: FixtureCall['era']): void {
  const echo = server.registerTool(
    'echo',
    {
      description: 'Says the text again',
      inputSchema: z.object({ text: z.string() }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    (args) => noted(state, era, 'echo', args, text(args.text)),
  )
  const add = server.registerTool(
    'add',
    {
      title: 'Add',
      description: 'Adds two numbers',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
    },
    (args) => {
      const sum = args.a + args.b
      return noted(state, era, 'add', args, { ...text(String(sum)), structuredContent: { sum } })
    },
  )
  const big = server.registerTool(
    'big',
    { description: 'Answers at length', inputSchema: z.object({ characters: z.number().int() }) },
    (args) => noted(state, era, 'big', args, text('x'.repeat(args.characters))),
  )
  const fail = server.registerTool(
    'fail',
    {
      description: 'Fails',
      inputSchema: z.object({}),
      annotations: { destructiveHint: true },
    },
    (args) => noted(state, era, 'fail', args, { ...text('it failed'), isError: true }),
  )
  const image = server.registerTool(
    'image',
    { description: 'A picture', inputSchema: z.object({}) },
    (args) =>
      noted(state, era, 'image', args, {
        content: [{ type: 'image', data: pixel, mimeType: 'image/png' }],
      }),
  )
  for (const [name, tool] of Object.entries({ echo, add, big, fail, image })) describe(state, name, tool)
}

function addSlow(server: McpServer, state: FixtureState, era: FixtureCall['era']): void {
  const slow = server.registerTool(
    'slow',
    {
      description: 'Takes its time',
      inputSchema: z.object({ steps: z.number().int(), ms: z.number().optional() }),
    },
    async (args, context) => {
      const call: FixtureCall = { tool: 'slow', arguments: args, era }
      state.calls.push(call)
      const { signal } = context.mcpReq
      const token = context.mcpReq._meta?.progressToken
      for (let step = 1; step <= args.steps; step++) {
        await pause(args.ms ?? 20, signal)
        if (signal.aborted) {
          call.cancelled = true
          break
        }
        if (token !== undefined) {
          await context.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken: token, progress: step, total: args.steps, message: `step ${step}` },
          })
        }
      }
      call.finished = true
      return text(call.cancelled === true ? 'cancelled' : 'done')
    },
  )
  describe(state, 'slow', slow)
}

function describe(state: FixtureState, name: string, tool: RegisteredTool): void {
  const description = state.descriptions.get(name)
  if (description !== undefined) tool.update({ description })
}

function noted(
  state: FixtureState,
  era: FixtureCall['era'],
  tool: string,
  args: unknown,
  result: CallToolResult,
): CallToolResult {
  state.calls.push({ tool, arguments: args, era, finished: true })
  return result
}

function text(content: string): CallToolResult {
  return { content: [{ type: 'text', text: content }] }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
