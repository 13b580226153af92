import { createInterface } from 'node:readline'
import { describedResult, endMessage, heldWord, legacyVersion, pulseTool, watchTool } from './message.ts'

/**
 * The streaming upstream behind standard input and output, where all streams share two pipes: for those that the limit
 * of open files does not let have a socket each. A call of `pulse` writes the next event of every held call.
 */
interface Message {
  readonly id?: unknown
  readonly method?: string
  readonly params?: {
    readonly name?: string
    readonly arguments?: { readonly word?: string }
    readonly requestId?: unknown
    readonly _meta?: { readonly progressToken?: unknown }
  }
}

/** Progress tokens by the id of the held call. */
const held = new Map<unknown, unknown>()
let pulses = 1

function take({ id, method, params }: Message): void {
  switch (method) {
    case 'initialize':
      write({ id, result: { protocolVersion: legacyVersion, capabilities: { tools: {} }, serverInfo } })
      return
    case 'tools/list':
      write({ id, result: describedResult(method, [watchTool, pulseTool]) })
      return
    case 'tools/call':
      call(id, params)
      return
    case 'notifications/cancelled':
      held.delete(params?.requestId)
  }
}

const serverInfo = { name: 'watcher', version: '1.0.0' }

function call(id: unknown, params: Message['params']): void {
  if (params?.name === pulseTool) {
    pulses++
    for (const token of held.values()) progress(token)
  } else if (params?.arguments?.word === heldWord) {
    const token = params._meta?.progressToken
    held.set(id, token)
    progress(token)
    return
  }
  write(endMessage('mcp', id, ''))
}

function progress(progressToken: unknown): void {
  write({ method: 'notifications/progress', params: { progressToken, progress: pulses } })
}

function write(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

createInterface({ input: process.stdin }).on('line', (line) => take(JSON.parse(line) as Message))
