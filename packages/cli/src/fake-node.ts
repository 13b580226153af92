import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Terminal } from './terminal.ts'

/** A request that the fake got, on one line: `POST /api/records/a/accept {"capabilities":["x"]}`. */
export interface Asked {
  readonly line: string
  readonly authorization: string | undefined
}

export interface FakeNode extends AsyncDisposable {
  readonly url: string
  readonly asked: readonly Asked[]
}

/** A control API on a free port that answers by method and path, with the query or without: a value, or `{ status, problem }`. Else 404. */
export async function startFakeNode(answers: Readonly<Record<string, unknown>>): Promise<FakeNode> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
    request.on('end', () => {
      asked.push({
        line: `${request.method} ${request.url} ${body}`.trim(),
        authorization: request.headers.authorization,
      })
      const path = (request.url ?? '').replace(/\?.*/, '')
      const answer = answers[`${request.method} ${request.url}`] ??
        answers[`${request.method} ${path}`] ?? {
          problem: { code: 'input.not-found', title: 'T', detail: `nothing at ${path}`, remedy: 'R.' },
          status: 404,
        }
      const [status, content] = isProblem(answer) ? [answer.status, answer.problem] : [200, answer]
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function isProblem(answer: unknown): answer is { status: number; problem: unknown } {
  return typeof answer === 'object' && answer !== null && 'problem' in answer && 'status' in answer
}

export interface FakeTerminal extends Terminal {
  readonly printed: string[]
  readonly errors: string[]
  rings: number
}

/** A terminal that keeps what is printed and answers questions as told. */
export function fakeTerminal(
  environment: Readonly<Record<string, string>>,
  person: { readonly answer?: string; readonly input?: string } = {},
): FakeTerminal {
  const printed: string[] = []
  const errors: string[] = []
  return {
    printed,
    errors,
    rings: 0,
    environment,
    ring() {
      this.rings += 1
    },
    out: (text) => void printed.push(text),
    err: (text) => void errors.push(text),
    ask: async (question) => {
      errors.push(question)
      return person.answer
    },
    input: async () => person.input ?? '',
    now: () => Date.parse('2026-01-01T00:00:00Z'),
  }
}
