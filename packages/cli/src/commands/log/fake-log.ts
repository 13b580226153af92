import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers instead of the file; false leaves it to the file. */
export type Behaviour = (path: string, response: ServerResponse) => boolean

export interface FakeLog extends AsyncDisposable {
  readonly url: string
  /** Paths that were asked for, in order. */
  readonly asked: string[]
  /** What is served from now on. */
  files: ReadonlyMap<string, Uint8Array>
  behave: Behaviour
}

/** A plain web server with the files of a log, which can be made to misbehave. */
export async function startFakeLog(files: ReadonlyMap<string, Uint8Array>): Promise<FakeLog> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace('/log/', '')
    fake.asked.push(path)
    if (fake.behave(path, response)) return
    const bytes = fake.files.get(path)
    if (bytes === undefined) response.writeHead(404).end()
    else response.writeHead(200).end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake: FakeLog = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`,
    asked: [],
    files,
    behave: () => false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return fake
}
