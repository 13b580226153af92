/** Names of the Model Context Protocol that both its eras or both sides of the node need (specification tags 2025-03-26 to 2026-07-28). */

export const modernVersion = '2026-07-28'

/** Versions that begin with `initialize`, newest first. */
export const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26'] as const
export type LegacyVersion = (typeof legacyVersions)[number]

export const supportedVersions = [modernVersion, ...legacyVersions] as const
export type McpVersion = (typeof supportedVersions)[number]

/** What a 2025-06-18 server assumes when the version header is missing (basic/transports, "Protocol Version Header"). */
export const versionWithoutHeader: LegacyVersion = '2025-03-26'

export function isLegacyVersion(version: unknown): version is LegacyVersion {
  return (legacyVersions as readonly unknown[]).includes(version)
}

export function isMcpVersion(version: unknown): version is McpVersion {
  return version === modernVersion || isLegacyVersion(version)
}

export const methods = {
  initialize: 'initialize',
  discover: 'server/discover',
  listen: 'subscriptions/listen',
  ping: 'ping',
  toolsList: 'tools/list',
  toolsCall: 'tools/call',
  resourcesList: 'resources/list',
  resourceTemplatesList: 'resources/templates/list',
  resourcesRead: 'resources/read',
  resourcesSubscribe: 'resources/subscribe',
  resourcesUnsubscribe: 'resources/unsubscribe',
  promptsList: 'prompts/list',
  promptsGet: 'prompts/get',
  complete: 'completion/complete',
  setLevel: 'logging/setLevel',
  tasksGet: 'tasks/get',
  tasksUpdate: 'tasks/update',
  tasksCancel: 'tasks/cancel',
  samplingCreate: 'sampling/createMessage',
  elicitationCreate: 'elicitation/create',
  rootsList: 'roots/list',
} as const

export const notifications = {
  initialized: 'notifications/initialized',
  cancelled: 'notifications/cancelled',
  progress: 'notifications/progress',
  message: 'notifications/message',
  toolsListChanged: 'notifications/tools/list_changed',
  promptsListChanged: 'notifications/prompts/list_changed',
  resourcesListChanged: 'notifications/resources/list_changed',
  resourcesUpdated: 'notifications/resources/updated',
  elicitationComplete: 'notifications/elicitation/complete',
  rootsListChanged: 'notifications/roots/list_changed',
  subscriptionsAcknowledged: 'notifications/subscriptions/acknowledged',
} as const

/** Keys of `_meta`. */
export const metaKeys = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
  relatedTask: 'io.modelcontextprotocol/related-task',
  progressToken: 'progressToken',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  baggage: 'baggage',
} as const

/** Names of HTTP headers, lower case as Node gives them. */
export const mcpHeaders = {
  sessionId: 'mcp-session-id',
  protocolVersion: 'mcp-protocol-version',
  method: 'mcp-method',
  name: 'mcp-name',
} as const
