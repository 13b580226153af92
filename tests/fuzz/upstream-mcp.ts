import { canaryOf, ownerIn } from './canary.ts'
import type { Flavour } from './draft.ts'
import type { UpstreamAnswer, UpstreamAsked } from './upstream.ts'

/** A server that answers every method truly; what is done to the answer is the upstream's matter. */
const modern = '2026-07-28'

interface Message {
  readonly id?: unknown
  readonly method?: string
  readonly params?: {
    readonly name?: string
    readonly protocolVersion?: string
    readonly taskId?: string
    readonly _meta?: { readonly progressToken?: unknown }
  }
}

export function mcpAnswer(asked: UpstreamAsked): UpstreamAnswer {
  const message = JSON.parse(asked.text === '' ? '{}' : asked.text) as Message
  const { id, method = '', params } = message
  if (id === undefined) return { status: 202, value: undefined }
  const isModern = asked.path.includes('/modern')
  if (!isModern && method === 'server/discover') return errorOf(id, -32601)
  if (isModern && method === 'initialize') return errorOf(id, -32601)
  const result = resultOf(method, asked)
  if (result === undefined) return errorOf(id, -32601)
  const whole = isModern ? { resultType: 'complete', ...result } : result
  const answer: UpstreamAnswer = { status: 200, value: { jsonrpc: '2.0', id, result: whole } }
  if (method === 'initialize') return { ...answer, headers: { 'mcp-session-id': `s-${asked.at}` } }
  const progressToken = params?._meta?.progressToken
  if (method !== 'tools/call' || progressToken === undefined) return answer
  const progress = {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress: 1 },
  }
  return { ...answer, before: [progress] }
}

function errorOf(id: unknown, code: number): UpstreamAnswer {
  return { status: 200, value: { jsonrpc: '2.0', id, error: { code, message: 'upstream says no' } } }
}

function resultOf(method: string, { text, path }: UpstreamAsked): Record<string, unknown> | undefined {
  const owner = ownerIn(text)
  const secret = owner === undefined ? 'nobody' : canaryOf(owner)
  const echoed = [...text.matchAll(/CANARY-\w+-\w+/g)].map(([found]) => found).join(' ')
  const shared = { ttlMs: 0, cacheScope: 'private' }
  switch (method) {
    case 'server/discover':
      return { supportedVersions: [modern], capabilities: capabilities(), ...shared, _meta: serverMeta }
    case 'initialize':
      return { protocolVersion: '2025-11-25', capabilities: capabilities(), serverInfo }
    case 'ping':
    case 'logging/setLevel':
    case 'resources/subscribe':
      return {}
    case 'tools/list':
      return { tools: [toolOf(path)], ...shared }
    case 'resources/list':
      return { resources: [{ uri: 'file:///a', name: 'a' }], ...shared }
    case 'resources/templates/list':
      return { resourceTemplates: [], ...shared }
    case 'resources/read':
      return { contents: [{ uri: 'file:///a', text: `${echoed} ${secret}` }], ...shared }
    case 'prompts/list':
      return { prompts: [{ name: 'p', arguments: [{ name: 'a' }] }], ...shared }
    case 'prompts/get':
      return { messages: [{ role: 'user', content: { type: 'text', text: `${echoed} ${secret}` } }] }
    case 'completion/complete':
      return { completion: { values: [secret] } }
    case 'tools/call':
      return { content: [{ type: 'text', text: `${echoed} ${secret}` }], structuredContent: { secret } }
    default:
      return undefined
  }
}

function capabilities(): Record<string, unknown> {
  return {
    tools: { listChanged: true },
    resources: { subscribe: true },
    prompts: {},
    completions: {},
    logging: {},
  }
}

const serverInfo = { name: 'fuzzed', version: '1.0.0' }
const serverMeta = { 'io.modelcontextprotocol/serverInfo': serverInfo }

function toolOf(path: string): Record<string, unknown> {
  return {
    name: toolName(path),
    description: 'Says the text again',
    inputSchema: { type: 'object', properties: { text: { type: 'string' }, seed: { type: 'integer' } } },
    annotations: { readOnlyHint: true, openWorldHint: false },
  }
}

/** `/mcp/odd/modern` offers `odd_modern`. */
function toolName(path: string): string {
  const [, , flavour, era] = path.split('/')
  return `${flavour}_${era}`
}

export const mcpTargets: readonly {
  readonly slug: string
  readonly path: string
  readonly flavour: Flavour
}[] = (['true', 'odd', 'broken', 'ask'] as const).flatMap((flavour) =>
  (['modern', 'legacy'] as const).map((era) => ({
    slug: `${flavour}-${era}`,
    path: `/mcp/${flavour}/${era}`,
    flavour,
  })),
)
