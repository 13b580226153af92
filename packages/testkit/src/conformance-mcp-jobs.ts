import { fromJsonSchema } from '@modelcontextprotocol/server'
import type { McpServer } from '@modelcontextprotocol/server'
import { text } from './conformance-mcp-content.ts'
import type { Job, Json } from './conformance-mcp-task.ts'

const jobMs = 1000

interface TaskTool {
  readonly inputSchema: Json
  /** Whether it can answer a client that knows no tasks. */
  readonly alone: boolean
  readonly job: (args: Json) => Job
}

const nothing = { type: 'object', properties: {} }

/** The tools that answer with a task where the client knows tasks; without one they are run to their end, or refused. */
export const taskTools: Readonly<Record<string, TaskTool>> = {
  slow_compute: {
    inputSchema: {
      type: 'object',
      properties: { seconds: { type: 'number' }, label: { type: 'string' } },
      required: ['seconds'],
    },
    alone: true,
    job:
      ({ seconds, label }) =>
      async ({ signal }) => {
        await pause(Number(seconds) * 1000, signal)
        return said(`${JSON.stringify(label)} took ${JSON.stringify(seconds)} s`)
      },
  },
  failing_job: {
    inputSchema: nothing,
    alone: false,
    job:
      () =>
      async ({ signal }) => {
        await pause(jobMs, signal)
        return { ...said('the job failed'), isError: true }
      },
  },
  protocol_error_job: {
    inputSchema: nothing,
    alone: false,
    job: () => async () => await Promise.reject(new Error('the job broke')),
  },
  confirm_delete: {
    inputSchema: { type: 'object', properties: { filename: { type: 'string' } } },
    alone: false,
    job:
      ({ filename }) =>
      async ({ ask }) => {
        const { confirm } = await ask({ confirm: form(`Delete ${JSON.stringify(filename)}?`) })
        return said(`answered: ${JSON.stringify(confirm)}`)
      },
  },
  multi_input: {
    inputSchema: nothing,
    alone: false,
    job:
      () =>
      async ({ ask }) =>
        said(JSON.stringify(await ask({ first: form('The first?'), second: form('The second?') }))),
  },
  test_tool_with_task: {
    inputSchema: nothing,
    alone: false,
    job:
      ({ userName }) =>
      async () =>
        await Promise.resolve(said(`Hello, ${JSON.stringify(userName)}!`)),
  },
}

/** The question that `test_tool_with_task` asks before it becomes a task. */
export const nameRequest = { user_name: form('What is your name?', 'name') }

/** Lists the tools with the server; who calls them for a task never reaches it. */
export function addTaskTools(server: McpServer): void {
  server.registerTool(
    'greet',
    {
      description: 'Greets',
      inputSchema: fromJsonSchema<{ name: string }>({
        type: 'object',
        properties: { name: { type: 'string' } },
        required: ['name'],
      }),
    },
    ({ name }) => ({ content: [text(`Hello, ${name}!`)] }),
  )
  for (const [name, { inputSchema, job }] of Object.entries(taskTools)) {
    server.registerTool(
      name,
      {
        description: `Takes a while (${name})`,
        inputSchema: fromJsonSchema<Record<string, unknown>>(inputSchema),
      },
      async (args, { mcpReq }) => {
        const never = async () => await Promise.reject(new Error('nothing can be asked without a task'))
        const result = await job(args)({ signal: mcpReq.signal, ask: never })
        return result as ReturnType<typeof said>
      },
    )
  }
}

function said(content: string): { content: { type: 'text'; text: string }[] } {
  return { content: [text(content)] }
}

function form(message: string, field = 'confirm'): Json {
  const properties = { [field]: { type: field === 'confirm' ? 'boolean' : 'string' } }
  const requestedSchema = { type: 'object', properties, required: [field] }
  return { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
