/** The kinds of client a connection can be described for. */
export const clients = ['mcp-json', 'vscode', 'cursor', 'a2a', 'env'] as const
export type Client = (typeof clients)[number]

export interface Connection {
  readonly mcpUrl: string
  readonly a2aUrl: string
  /** Shown once, inside this text. */
  readonly token: string
}

export function connectionOf(origin: string, token: string): Connection {
  return { mcpUrl: `${origin}/mcp`, a2aUrl: `${origin}/a2a`, token }
}

/** The text that a client needs, ready to be pasted into its own configuration. */
export function clientConfig(client: Client, { mcpUrl, a2aUrl, token }: Connection): string {
  const headers = { Authorization: `Bearer ${token}` }
  switch (client) {
    case 'mcp-json':
      return pretty({ mcpServers: { ambit: { type: 'http', url: mcpUrl, headers } } })
    case 'cursor':
      return pretty({ mcpServers: { ambit: { url: mcpUrl, headers } } })
    case 'vscode':
      return pretty({ servers: { ambit: { type: 'http', url: mcpUrl, headers } } })
    case 'a2a':
      // Each agent has its own address below this one.
      return pretty({ url: `${a2aUrl}/<agent>`, headers })
    default:
      return `AMBIT_MCP_URL=${mcpUrl}\nAMBIT_A2A_URL=${a2aUrl}\nAMBIT_MANDATE_TOKEN=${token}\n`
  }
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
