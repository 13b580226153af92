import type { IncomingMessage } from 'node:http'
import { nameRequest, taskTools } from './conformance-mcp-jobs.ts'
import { McpTask } from './conformance-mcp-task.ts'
import type { Json } from './conformance-mcp-task.ts'

/** The extension (SEP-2663); the official SDK knows its words and has nothing that serves it. */
export const tasksExtension = 'io.modelcontextprotocol/tasks'

/** An answer in place of the SDK's. */
export interface TaskAnswer {
  readonly status: number
  readonly body: Json
}

class Refused extends Error {
  readonly code: number
  readonly data: Json | undefined

  constructor(code: number, message: string, data?: Json) {
    super(message)
    this.code = code
    this.data = data
  }
}

const methods = new Set(['tasks/get', 'tasks/update', 'tasks/cancel'])

/** Answers the requests of the extension: calls of tools that become tasks, and what is asked about them afterwards. */
export class McpTasks {
  readonly #tasks = new Map<string, McpTask>()

  /** Undefined for every request that is none of the extension's. */
  answer(request: IncomingMessage, message: unknown): TaskAnswer | undefined {
    const { id, method, params = {} } = (message ?? {}) as { id?: unknown; method?: unknown; params?: Json }
    if (typeof method !== 'string') return undefined
    const tool = method === 'tools/call' ? taskTools[String(params['name'])] : undefined
    if (tool === undefined && !methods.has(method)) return undefined
    const isKnown = knowsTasks(params)
    if (tool?.alone === true && !isKnown) return undefined
    try {
      compareHeaders(request, method, String(params['name'] ?? params['taskId']))
      if (!isKnown) throw new Refused(-32021, 'the client knows no tasks', requiredCapability)
      const result = tool === undefined ? this.#asked(method, params) : this.#called(tool, params)
      return { status: 200, body: { jsonrpc: '2.0', id, result } }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { code, data } = error
      const told = { code, message: error.message, ...(data === undefined ? {} : { data }) }
      return { status: 400, body: { jsonrpc: '2.0', id: id ?? null, error: told } }
    }
  }

  #called(tool: (typeof taskTools)[string], params: Json): Json {
    const isAsking = tool === taskTools['test_tool_with_task']
    const name = nameIn(params)
    if (isAsking && name === undefined) return { resultType: 'input_required', inputRequests: nameRequest }
    const args = isAsking ? { userName: name } : ((params['arguments'] ?? {}) as Json)
    const task = new McpTask(tool.job(args))
    this.#tasks.set(task.id, task)
    return task.created()
  }

  #asked(method: string, params: Json): Json {
    const task = this.#tasks.get(String(params['taskId']))
    if (task === undefined) throw new Refused(-32602, 'there is no such task')
    if (method === 'tasks/get') return task.detailed()
    if (method === 'tasks/cancel') task.cancel()
    else task.update((params['inputResponses'] ?? {}) as Record<string, Json>)
    return { resultType: 'complete' }
  }
}

const requiredCapability = { requiredCapabilities: { extensions: { [tasksExtension]: {} } } }

function knowsTasks(params: Json): boolean {
  const meta = params['_meta'] as Json | undefined
  const capabilities = meta?.['io.modelcontextprotocol/clientCapabilities'] as
    | { extensions?: Json }
    | undefined
  return capabilities?.extensions?.[tasksExtension] !== undefined
}

/** What the headers repeat has to be what the body says (SEP-2243). */
function compareHeaders({ headers }: IncomingMessage, method: string, name: string): void {
  if (headers['mcp-method'] !== method) throw new Refused(-32020, 'Mcp-Method is not the method of the body')
  if (headers['mcp-name'] !== name) throw new Refused(-32020, 'Mcp-Name is not the name of the body')
}

function nameIn(params: Json): string | undefined {
  const responses = params['inputResponses'] as { user_name?: { content?: { name?: unknown } } } | undefined
  const name = responses?.user_name?.content?.name
  return typeof name === 'string' ? name : undefined
}
