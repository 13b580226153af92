import { canaryOf } from './canary.ts'
import type { HolderName } from './canary.ts'
import type { Draft, Flavour, Memory } from './draft.ts'
import { nodeOf } from './json-node.ts'
import type { Random } from './random.ts'

const modern = '2026-07-28'
const legacies = ['2025-11-25', '2025-06-18', '2025-03-26'] as const

/** Who sends, and what can be named in a message. */
export interface McpScene {
  readonly random: Random
  readonly holder: HolderName
  readonly token: string
  readonly own: Memory
  readonly other: Memory
  /** Names of tools by the behaviour of their server. */
  readonly tools: ReadonlyMap<Flavour, readonly string[]>
}

/** A message of the protocol as its specification has it, of either era. */
export function mcpDraft(scene: McpScene): Draft {
  const draft = scene.random.onceIn(2) ? modernDraft(scene) : legacyDraft(scene)
  // The address of one server alone.
  return scene.random.onceIn(12)
    ? { ...draft, path: `/mcp/${scene.random.pick(['true-modern', 'odd-legacy', 'no-such'])}` }
    : draft
}

/** `params` of every kind of request, with secrets of the caller where a caller would have its own. */
function requestOf(scene: McpScene): { method: string; params: Record<string, unknown>; flavour?: Flavour } {
  const { random } = scene
  const uri = `file:///${canaryOf(scene.holder)}`
  const plain: readonly (() => { method: string; params: Record<string, unknown> })[] = [
    () => ({ method: 'tools/list', params: random.onceIn(3) ? { cursor: known(scene, 'cursor') } : {} }),
    () => ({ method: 'ping', params: {} }),
    () => ({ method: 'resources/list', params: {} }),
    () => ({ method: 'resources/templates/list', params: {} }),
    () => ({ method: 'resources/read', params: { uri } }),
    () => ({ method: 'resources/subscribe', params: { uri } }),
    () => ({ method: 'prompts/list', params: {} }),
    () => ({ method: 'prompts/get', params: { name: 'p', arguments: { a: canaryOf(scene.holder) } } }),
    () => ({
      method: 'completion/complete',
      params: { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: 'b' } },
    }),
    () => ({ method: 'logging/setLevel', params: { level: 'debug' } }),
    () => ({ method: 'server/discover', params: {} }),
    () => ({ method: 'subscriptions/listen', params: { notifications: { toolsListChanged: true } } }),
    () => ({
      method: random.pick(['tasks/get', 'tasks/update', 'tasks/cancel', 'tasks/result', 'tasks/list']),
      params: { taskId: known(scene, 'task'), inputResponses: {} },
    }),
  ]
  return random.onceIn(3) ? random.pick(plain)() : toolCall(scene)
}

function toolCall(scene: McpScene): {
  method: string
  params: Record<string, unknown>
  flavour: Flavour
} {
  const { random } = scene
  const flavour = random.pick(['true', 'true', 'odd', 'odd', 'odd', 'broken', 'ask'] as const)
  const name = random.pick(scene.tools.get(flavour) ?? ['none'])
  const params: Record<string, unknown> = {
    name,
    arguments: { text: canaryOf(scene.holder), seed: random.next() },
  }
  if (random.onceIn(4)) params['requestState'] = known(scene, 'state')
  if (random.onceIn(8)) params['inputResponses'] = { q: { action: 'accept', content: { a: 1 } } }
  if (random.onceIn(10)) params['task'] = { ttl: 1000 }
  return { method: 'tools/call', params, flavour }
}

function modernDraft(scene: McpScene): Draft {
  const { random } = scene
  const { method, params, flavour } = requestOf(scene)
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': modern,
    'io.modelcontextprotocol/clientCapabilities': random.onceIn(3)
      ? { elicitation: { url: {}, form: {} } }
      : {},
    'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1.0.0' },
    ...(random.onceIn(3) ? { progressToken: random.pick(['p', 7]) } : {}),
    ...(random.onceIn(9) ? { traceparent: `00-${'ab'.repeat(16)}-${'1'.repeat(16)}-01` } : {}),
  }
  const message = messageOf(random, method, { ...params, _meta })
  const headers = headersOf(scene)
  headers.push(['mcp-protocol-version', modern], ['mcp-method', method])
  const named = params['name'] ?? params['uri'] ?? params['taskId']
  if (typeof named === 'string') headers.push(['mcp-name', named])
  return post(`modern ${method}`, headers, message, flavour)
}

function legacyDraft(scene: McpScene): Draft {
  const { random } = scene
  const version = random.pick(legacies)
  const headers = headersOf(scene)
  const withSession = () => {
    const session = known(scene, 'session')
    if (!random.onceIn(8)) headers.push(['mcp-session-id', session])
    if (random.onceIn(2)) headers.push(['mcp-protocol-version', random.onceIn(2) ? legacies[0] : version])
  }
  switch (random.below(9)) {
    case 0:
    case 1: {
      const clientInfo = { name: 'fuzz', version: '1.0.0' }
      const capabilities = random.onceIn(2) ? { sampling: {}, elicitation: {}, roots: {} } : {}
      const params = { protocolVersion: version, capabilities, clientInfo }
      return post('initialize', headers, { jsonrpc: '2.0', id: 0, method: 'initialize', params })
    }
    case 2: {
      withSession()
      if (random.onceIn(3)) headers.push(['last-event-id', known(scene, 'event')])
      const what = random.onceIn(3) ? 'DELETE' : 'GET'
      return {
        what: `session ${what}`,
        verb: what,
        path: '/mcp',
        headers,
        body: undefined,
        flavour: undefined,
      }
    }
    case 3: {
      withSession()
      const method = random.pick([
        'notifications/initialized',
        'notifications/cancelled',
        'notifications/progress',
      ])
      const params = {
        requestId: random.below(5),
        progressToken: 'p',
        progress: 1,
        reason: canaryOf(scene.holder),
      }
      return post(method, headers, { jsonrpc: '2.0', method, params })
    }
    case 4: {
      withSession()
      const result = { roots: [], action: 'accept', content: canaryOf(scene.holder) }
      return post('an answer', headers, { jsonrpc: '2.0', id: random.below(5), result })
    }
    default: {
      withSession()
      const { method, params, flavour } = requestOf(scene)
      const _meta = random.onceIn(3) ? { progressToken: random.pick(['p', 7]) } : undefined
      return post(`legacy ${method}`, headers, messageOf(random, method, { ...params, _meta }), flavour)
    }
  }
}

function messageOf(random: Random, method: string, params: Record<string, unknown>): Record<string, unknown> {
  return { jsonrpc: '2.0', id: random.pick([random.below(5), random.next(), 'text', 'x']), method, params }
}

function headersOf({ token, random }: McpScene): [string, string][] {
  return [
    ['host', 'localhost'],
    ['authorization', `Bearer ${token}`],
    ['content-type', 'application/json'],
    ['accept', random.pick(['application/json, text/event-stream', 'text/event-stream', 'application/json'])],
  ]
}

function post(what: string, headers: [string, string][], message: unknown, flavour?: Flavour): Draft {
  return { what, verb: 'POST', path: '/mcp', headers, body: nodeOf(message), flavour }
}

/** A name of this kind that the caller knows, now and then one that only the other caller should know. */
function known({ random, own, other }: McpScene, kind: string): string {
  const list = random.onceIn(4) ? other.of(kind) : own.of(kind)
  return list.length === 0 || random.onceIn(10) ? `no-such-${random.below(5)}` : random.pick(list)
}
