import { ClientFactory, JsonRpcTransportFactory } from '@a2a-js/sdk/client'
import type { Client as A2aClient } from '@a2a-js/sdk/client'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

/** The official MCP client, as any program would use it; `openAddress` is what its user does when told to open one. */
export async function mcpClient(
  url: string,
  token: string,
  openAddress: (address: string) => Promise<void>,
): Promise<Client> {
  const client = new Client(
    { name: 'tour', version: '1.0.0' },
    { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { url: {} } } },
  )
  client.setRequestHandler('elicitation/create', async (request) => {
    if (request.params.mode !== 'url') return { action: 'decline' }
    await openAddress(request.params.url)
    return { action: 'accept' }
  })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return client
}

/** The official A2A client. */
export async function a2aClient(url: string, token: string): Promise<A2aClient> {
  const fetchWithToken: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${token}`)
    return await fetch(input, { ...init, headers })
  }
  const factory = new ClientFactory({
    transports: [new JsonRpcTransportFactory({ fetchImpl: fetchWithToken })],
  })
  return await factory.createFromUrl(url)
}
