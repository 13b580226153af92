import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import { expect, test } from 'vitest'

/* What reaches a caller of an agent that says what it likes. */

const ada = { authorization: 'Bearer ada', 'a2a-version': '1.0', 'content-type': 'application/json' }
const message = (text: string) => ({ message: { messageId: 'm1', role: 'ROLE_USER', parts: [{ text }] } })

test('lets a slow reader hold the agent back', async () => {
  const total = 600
  const event = JSON.stringify({
    artifactUpdate: { taskId: 't1', artifact: { artifactId: 'a', parts: [{ text: 'x'.repeat(64 * 1024) }] } },
  })
  let written = 0
  let stalledAt: (count: number) => void = () => undefined
  const stalled = new Promise<number>((resolve) => {
    stalledAt = resolve
  })
  await using raw = await startRawAgent((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    function more(): void {
      while (written < total) {
        written++
        if (response.write(`data: ${event}\n\n`)) continue
        response.once('drain', more)
        let turns = 0
        const at = written
        const look = (): void => {
          if (written !== at) return
          if (++turns > 20_000) stalledAt(at)
          else setImmediate(look)
        }
        look()
        return
      }
      response.end()
    }
    more()
  })
  await using other = await startA2aNode({ agents: { raw: raw.url } })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const to = httpRequest(
      `${other.agentUrl('raw')}/message:stream`,
      { method: 'POST', headers: ada },
      resolve,
    )
    to.on('error', reject)
    to.end(JSON.stringify(message('go')))
  })
  response.pause()
  expect(await stalled).toBeLessThan(total)
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).length
  expect(bytes).toBe(total * (event.length + 'data: \n\n'.length))
})

test('an error in the form of another binding is written in that of the caller', async () => {
  const error = { code: -32001, message: 'gone', data: [] }
  await using raw = await startRawAgent(
    ({ id }, response) =>
      void response
        .writeHead(500, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, error })),
  )
  await using own = await startA2aNode({ agents: { raw: raw.url } })
  const init = { method: 'POST', headers: ada, body: JSON.stringify(message('hello')) }
  const response = await fetch(`${own.agentUrl('raw')}/message:send`, init)
  expect([response.status, await response.json()]).toMatchObject([
    404,
    { error: { code: 404, status: 'NOT_FOUND', message: 'gone' } },
  ])
})
