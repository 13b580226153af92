import type { IncomingMessage } from 'node:http'
import { startAuthorizationServer } from './authorization-server.ts'
import type { TestAuthorizationServer } from './authorization-server.ts'
import { startMcpServer } from './mcp-server.ts'
import type { TestMcpServer } from './mcp-server.ts'

export interface ProtectedServer extends AsyncDisposable {
  readonly mcp: TestMcpServer
  readonly authorization: TestAuthorizationServer
  /** Of its protected resource metadata, those that differ. */
  readonly metadata: Record<string, unknown>
  /** Who made each request that was let in, with its token. */
  readonly admitted: readonly { readonly user: string; readonly token: string; readonly method: string }[]
  /** Scopes that calls of tools need, beyond a token at all. */
  callScopes: readonly string[]
  /** Names of `WWW-Authenticate` that say where its metadata is. */
  saysWhere: boolean
}

/** An MCP server of both eras, made of the official SDK, that lets in whoever signed in at its authorization server. */
export async function startProtectedServer(
  options: { readonly eras?: 'both' | 'modern' | 'legacy' } = {},
): Promise<ProtectedServer> {
  const authorization = await startAuthorizationServer()
  const admitted: { user: string; token: string; method: string }[] = []
  const mcp = await startMcpServer({
    ...options,
    admits: (request, body) => admits(request, body),
    page: (path) => (path === '/.well-known/oauth-protected-resource/mcp' ? document() : undefined),
  })
  const self: ProtectedServer = {
    mcp,
    authorization,
    metadata: {},
    admitted,
    callScopes: [],
    saysWhere: true,
    async [Symbol.asyncDispose]() {
      await mcp.close()
      await authorization[Symbol.asyncDispose]()
    },
  }
  return self

  function document(): Record<string, unknown> {
    return {
      resource: mcp.url,
      authorization_servers: [authorization.issuer],
      scopes_supported: ['mcp:use'],
      ...self.metadata,
    }
  }

  function admits(request: IncomingMessage, body: unknown) {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const given = authorization.tokens.get(token)
    const where = `resource_metadata="http://127.0.0.1:${mcp.port}/.well-known/oauth-protected-resource/mcp"`
    if (given?.resource !== mcp.url)
      return { status: 401, challenge: self.saysWhere ? `Bearer ${where}, scope="mcp:use"` : 'Bearer' }
    const { method = '' } = (body ?? {}) as { method?: string }
    const needed = method === 'tools/call' ? self.callScopes : []
    if (!needed.every((scope) => given.scopes.includes(scope))) {
      const challenge = `Bearer error="insufficient_scope", scope="${needed.join(' ')}", ${where}`
      return { status: 403, challenge }
    }
    admitted.push({ user: given.user, token, method })
    return undefined
  }
}
