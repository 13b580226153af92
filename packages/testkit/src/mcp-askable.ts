import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { ClientCapabilities } from '@modelcontextprotocol/client'

/** The program and arguments of the asking server over stdio; add `modern` for 2026-07-28 alone. */
export const askingCommand = {
  program: process.execPath,
  args: [fileURLToPath(new URL('./mcp-asking-server.ts', import.meta.url))],
} as const

/** A client of the official SDK, of one era, that answers what servers ask. */
export interface AskableClient extends AsyncDisposable {
  readonly client: Client
  /** What it was asked, in order. */
  readonly asked: readonly { readonly method: string; readonly params: unknown }[]
  /** The text of the first content of a tool's result. */
  say(tool: string, args?: Record<string, unknown>): Promise<string>
}

const everything: ClientCapabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }

export async function connectAskable(
  url: string,
  token: string,
  capabilities: ClientCapabilities = everything,
  era: 'modern' | 'legacy' = 'modern',
): Promise<AskableClient> {
  const asked: { method: string; params: unknown }[] = []
  const client = new Client(
    { name: 'askable', version: '1.0.0' },
    { capabilities, ...(era === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {}) },
  )
  if (capabilities.elicitation !== undefined) {
    client.setRequestHandler('elicitation/create', ({ method, params }) => {
      asked.push({ method, params })
      const fields = 'requestedSchema' in params ? params.requestedSchema.properties : {}
      const content = Object.fromEntries(
        Object.entries(fields).map(([name, { type }]) => [name, type === 'boolean' ? true : `my ${name}`]),
      )
      return { action: 'accept', content }
    })
  }
  if (capabilities.sampling !== undefined) {
    client.setRequestHandler('sampling/createMessage', ({ method, params }) => {
      asked.push({ method, params })
      return { role: 'assistant', model: 'a model', content: { type: 'text', text: 'sampled' } }
    })
  }
  if (capabilities.roots !== undefined) {
    client.setRequestHandler('roots/list', ({ method, params }) => {
      asked.push({ method, params })
      return { roots: [{ uri: 'file:///home/ann', name: 'home' }] }
    })
  }
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return {
    client,
    asked,
    async say(tool, args = {}) {
      const { content } = await client.callTool({ name: tool, arguments: args })
      const [first] = content as { type: string; text?: string }[]
      return first?.text ?? ''
    },
    [Symbol.asyncDispose]: async () => await client.close(),
  }
}
