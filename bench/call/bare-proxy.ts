import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import type { Dispatcher } from 'undici'
import { answerUsage, listening } from '../process.ts'

/** The yardstick: node:http in, undici dispatch out, bodies moved whole, nothing looked at. */
class Forward implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  #status = 0
  #type = ''
  readonly #chunks: Buffer[] = []

  constructor(response: ServerResponse) {
    this.#response = response
  }

  onRequestStart(): void {}

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status
    this.#type = String(headers['content-type'])
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#response.writeHead(this.#status, { 'content-type': this.#type, 'content-length': body.length })
    this.#response.end(body)
  }

  onResponseError(): void {
    this.#response.writeHead(502).end()
  }
}

const pool = new Pool(process.argv[2]!, { connections: 128, pipelining: 1 })
const headers = ['content-type', 'application/json', 'mcp-method', 'tools/call']
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    pool.dispatch({ path: '/mcp', method: 'POST', headers, body }, new Forward(response))
  })
})
server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port))
answerUsage()
