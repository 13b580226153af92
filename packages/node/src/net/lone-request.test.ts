import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { createLoneRequests } from './lone-request.ts'

const ends: (() => void)[] = []
const limits = { timeoutMs: 5000, bytesMax: 64 * 1024, headerBytesMax: 16 * 1024 }
const send = createLoneRequests({ allows: () => true }, systemClock, limits)

afterEach(() => {
  for (const end of ends.splice(0)) end()
})

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

test('a body that comes in crumbs is looked at a bounded number of times', async () => {
  const url = await serve((_request, response) => {
    response.write('x')
    for (let at = 0; at < 30_000; at++) response.write('\n')
    response.end()
  })
  let looks = 0
  const answer = await send({ url, method: 'GET', headers: {} }, () => {
    looks += 1
    return false
  })
  expect(answer.body).toHaveLength(30_001)
  expect(looks).toBeGreaterThan(0)
  expect(looks).toBeLessThan(520)
})

test('what is wanted ends it, and what is too long is cut', async () => {
  const url = await serve((_request, response) => {
    response.write('x'.repeat(100_000))
  })
  expect(await send({ url, method: 'GET', headers: {} })).toMatchObject({ isCut: true, status: 200 })
  const first = await send({ url, method: 'GET', headers: {} }, (body) => body.length > 0)
  expect(first.isCut).toBe(first.body.length === limits.bytesMax)
})

test('a signal ends a request that nobody answers', async () => {
  const stops = new AbortController()
  const url = await serve(() => stops.abort())
  await expect(send({ url, method: 'GET', headers: {}, signal: stops.signal })).rejects.toMatchObject({
    code: 'upstream.unreachable',
  })
})
