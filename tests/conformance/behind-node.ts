import { allow, bringOnline, startTestNode, withoutHold } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { startGrpcTokenProxy } from './grpc-token-proxy.ts'
import { startTokenProxy } from './token-proxy.ts'

/** A peer that is reached through a node of its own, with a mandate that allows all of it. */
export interface BehindNode extends AsyncDisposable {
  readonly node: TestNode
  /** `http://localhost:…` of the proxy that adds the token. */
  readonly url: string
}

/** The name every peer is registered under. */
export const slug = 'peer'

/** Starts a node, registers the MCP server, and puts the token proxy in front; the server is at `/mcp`. */
export async function putMcpBehindNode(url: string): Promise<BehindNode> {
  return await behind(url, async ({ node, token }, parts) => {
    const proxy = parts.use(await startTokenProxy({ port: node.port, token }))
    return proxy.url
  })
}

/** The same for an agent: its card is at the root of the proxy, its addresses are those of the proxy. */
export async function putA2aBehindNode(url: string): Promise<BehindNode> {
  return await behind(url, async ({ node, token }, parts) => {
    const grpc = parts.use(await startGrpcTokenProxy(node.grpcPort, token))
    const cards = {
      path: `/a2a/${slug}/.well-known/agent-card.json`,
      rewrite: (card: string, port: number) =>
        card
          .replaceAll(`localhost:${node.port}`, `localhost:${port}`)
          .replaceAll(`localhost:${node.grpcPort}`, `localhost:${grpc.port}`),
    }
    const proxy = parts.use(await startTokenProxy({ port: node.port, token, cards }))
    return proxy.url
  })
}

/** A node with the peer accepted and allowed whole, and what `front` puts before it; all of it closes together. */
async function behind(
  peerUrl: string,
  front: (allowed: { node: TestNode; token: string }, parts: AsyncDisposableStack) => Promise<string>,
): Promise<BehindNode> {
  await using parts = new AsyncDisposableStack()
  const node = parts.use(await startTestNode())
  await bringOnline(node.ambit, { url: peerUrl }, slug)
  await withoutHold(node.ambit, slug)
  const { token } = await allow(node.ambit, [{ target: slug, capability: '*', decision: 'autonomous' }])
  const url = await front({ node, token }, parts)
  const all = parts.move()
  return { node, url, [Symbol.asyncDispose]: async () => await all.disposeAsync() }
}
