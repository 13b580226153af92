import { once } from 'node:events'
import { Agent, createServer, request as send } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TokenProxy extends AsyncDisposable {
  /** `http://localhost:…` */
  readonly url: string
  readonly port: number
}

export interface TokenProxyOptions {
  /** Where the node listens, on loopback. */
  readonly port: number
  /** What the runners cannot send: they know no tokens. */
  readonly token: string
  readonly cards?: CardRewriting
}

/** Agent cards say where to call: through the proxy, the addresses in them are the proxy's. All else streams as it is. */
export interface CardRewriting {
  /** Where the node serves the card that clients look for at the root of the proxy. */
  readonly path: string
  /** `port` is the proxy's own. */
  rewrite(card: string, port: number): string
}

const cardAddress = '/.well-known/agent-card.json'

/**
 * Adds the token to each request and changes nothing else, neither bytes nor their timing. The proxy's own name in Host
 * and Origin becomes the node's; a foreign one goes through as it is, so that it is the node that refuses it.
 */
export async function startTokenProxy(options: TokenProxyOptions): Promise<TokenProxy> {
  const agent = new Agent({ keepAlive: true })
  const own = { port: 0 }
  const server = createServer((request, response) => pass(request, response))

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const onward = send({
      agent,
      host: '127.0.0.1',
      port: options.port,
      method: request.method,
      path: pathFor(request.url ?? '/'),
      headers: headersFor(request),
      setHost: false,
    })
    onward.on('response', (answer) => answerWith(answer, request, response))
    onward.on('error', (error) => {
      if (response.headersSent) response.destroy(error)
      else response.writeHead(502, { 'content-type': 'text/plain' }).end(`the node: ${error.message}`)
    })
    // Whoever hangs up here hangs up there too.
    response.on('close', () => {
      if (!response.writableEnded) onward.destroy()
    })
    request.pipe(onward)
  }

  function answerWith(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
    const { cards } = options
    if (cards !== undefined && request.url?.endsWith(cardAddress) === true) {
      void rewritten(answer, response, (card) => cards.rewrite(card, own.port))
      return
    }
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, raw(answer))
    response.flushHeaders()
    answer.pipe(response)
    answer.on('error', (error) => response.destroy(error))
  }

  function pathFor(path: string): string {
    return path === cardAddress && options.cards !== undefined ? options.cards.path : path
  }

  function headersFor(request: IncomingMessage): string[] {
    const headers = raw(request).map((text, at, all) => {
      const name = at % 2 === 1 ? all[at - 1]?.toLowerCase() : undefined
      return name === 'host' || name === 'origin' ? nodeName(text) : text
    })
    return [...headers, 'Authorization', `Bearer ${options.token}`]
  }

  function nodeName(text: string): string {
    return text.replace(new RegExp(`\\b(localhost|127\\.0\\.0\\.1):${own.port}$`), `$1:${options.port}`)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  own.port = (server.address() as AddressInfo).port
  return {
    url: `http://localhost:${own.port}`,
    port: own.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
}

async function rewritten(
  answer: IncomingMessage,
  response: ServerResponse,
  rewrite: (card: string) => string,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const body = rewrite(text)
  const { 'content-length': _length, ...headers } = answer.headers
  response.writeHead(answer.statusCode ?? 502, headers)
  response.end(body)
}

/** Names and values as they came, without what holds for one connection only; node:http frames each side itself. */
function raw(message: IncomingMessage): string[] {
  const perHop = new Set(['connection', 'keep-alive', 'transfer-encoding'])
  const pairs: string[] = []
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = message.rawHeaders.slice(at, at + 2)
    if (!perHop.has(name.toLowerCase())) pairs.push(name, value)
  }
  return pairs
}
