import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerJson } from './raw-mcp.ts'

/** What was asked of a task, in order. */
export interface TaskRequest {
  readonly method: string
  readonly taskId: unknown
  readonly inputResponses?: unknown
  /** The header `Mcp-Name`. */
  readonly name: unknown
}

export interface TasksServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly TaskRequest[]
}

interface Message {
  readonly id: unknown
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

const taskId = 'task-of-the-server'
const times = { createdAt: '2026-11-01T10:00:00Z', lastUpdatedAt: '2026-11-01T10:00:01Z', ttlMs: 60_000 }
const question = {
  name: {
    method: 'elicitation/create',
    params: { message: 'Your name?', requestedSchema: { type: 'object' } },
  },
}

/**
 * A server of 2026-07-28 with the tasks extension (the SDK has no server of it): its tool `work` begins a task, which
 * asks for a name and is completed once it has one.
 */
export async function startTasksServer(): Promise<TasksServer> {
  const requests: TaskRequest[] = []
  let answered: unknown
  function resultOf({ method, params }: Message): unknown {
    switch (method) {
      case 'server/discover':
        return {
          supportedVersions: ['2026-07-28'],
          capabilities: { tools: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } },
          ttlMs: 0,
          cacheScope: 'private',
          _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'tasks', version: '1.0.0' } },
        }
      case 'tools/list':
        return { tools: [{ name: 'work', inputSchema: { type: 'object' } }], ttlMs: 0, cacheScope: 'private' }
      case 'tools/call':
        answered = undefined
        return { resultType: 'task', taskId, status: 'working', ...times }
      case 'tasks/get':
        return answered === undefined
          ? { taskId, status: 'input_required', inputRequests: question, ...times }
          : { taskId, status: 'completed', result: { content: [{ type: 'text', text: 'done' }] }, ...times }
      case 'tasks/update':
        answered = params['inputResponses']
        return {}
      default:
        return {}
    }
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Message
      const { method, params } = message
      if (method.startsWith('tasks/')) {
        const { inputResponses } = params
        const name = request.headers['mcp-name']
        requests.push({
          method,
          taskId: params['taskId'],
          name,
          ...(inputResponses ? { inputResponses } : {}),
        })
      }
      answerJson(response, message.id, { resultType: 'complete', ...(resultOf(message) as object) })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
