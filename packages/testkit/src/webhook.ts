import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Notification {
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** The StreamResponse in it. */
  readonly body: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>
}

/** A client's webhook on a real socket. */
export interface Webhook extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** What came, newest last, whatever was answered. */
  readonly received: Notification[]
  /** What it answers from now on; 204 at first. */
  answer(status: number): void
}

/** `port` 0 or left out: any free one. */
export async function startWebhook(port = 0): Promise<Webhook> {
  const received: Notification[] = []
  let status = 204
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      received.push({ headers: request.headers, text, body: JSON.parse(text) as Notification['body'] })
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://127.0.0.1:${bound}/hook`,
    port: bound,
    received,
    answer: (next) => {
      status = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/** What a notification says: its kind, and the state where it tells one. */
export function saying({ body }: Notification): string {
  const [kind = ''] = Object.keys(body)
  const status = body[kind]?.['status'] as { readonly state?: string } | undefined
  return status?.state === undefined ? kind : `${kind} ${status.state}`
}
