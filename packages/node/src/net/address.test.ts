import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createAddressGuard } from './address.ts'
import { fetchWhole } from './fetch.ts'
import { createUpstream } from './upstream.ts'

test('refuses every special address in every notation, and takes public ones', () => {
  const guard = createAddressGuard([])
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    'ff02::1',
    '255.255.255.255',
    'nonsense',
  ]) {
    expect(guard.allows(address), address).toBe(false)
  }
  for (const address of ['1.1.1.1', '2606:4700::1', '::ffff:8.8.8.8'])
    expect(guard.allows(address), address).toBe(true)
})

test('takes a special range only when the operator allows it', () => {
  const guard = createAddressGuard(['127.0.0.0/8', '::1'])
  expect(guard.allows('127.9.9.9')).toBe(true)
  expect(guard.allows('::1')).toBe(true)
  expect(guard.allows('10.0.0.1')).toBe(false)
  expect(() => createAddressGuard(['127.0.0.0/99'])).toThrow(/not an address range/)
})

async function fetchFrom(allowed: string[], host: string) {
  const server = createServer((_request, response) => response.end('secret')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const upstream = createUpstream(createAddressGuard(allowed))
  try {
    const url = new URL(`http://${host}:${(server.address() as AddressInfo).port}/`)
    const request = {
      url,
      method: 'GET',
      headers: [],
      body: null,
      headTimeoutMs: 2000,
      idleTimeoutMs: 2000,
    } as const
    return await fetchWhole(upstream, request, 1000, AbortSignal.timeout(5000))
  } finally {
    await upstream.close()
    server.close()
  }
}

test('a name that resolves to a loopback address is refused at connect time', async () => {
  await expect(fetchFrom([], 'localhost')).rejects.toMatchObject({ code: 'address.refused' })
  await expect(fetchFrom([], '127.0.0.1')).rejects.toMatchObject({ code: 'address.refused' })
  expect((await fetchFrom(['127.0.0.0/8'], 'localhost')).body.toString()).toBe('secret')
})

test('a handler that throws gets its failure once, and the client goes on for others', async () => {
  const server = createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const upstream = createUpstream(createAddressGuard(['127.0.0.0/8']))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const request = {
    url,
    method: 'GET',
    headers: [],
    body: null,
    headTimeoutMs: 2000,
    idleTimeoutMs: 2000,
  } as const
  for (const broken of ['head', 'data', 'end'] as const) {
    const code = await new Promise<string>((resolve) => {
      const handler = {
        head: () => undefined,
        data: () => true,
        end: () => undefined,
        error: (fault: { code: string }) => resolve(fault.code),
      }
      upstream.send(request, {
        ...handler,
        [broken]: () => {
          throw new Error('broken')
        },
      })
    })
    expect(code, broken).toBe('internal')
  }
  expect((await fetchWhole(upstream, request, 1000, AbortSignal.timeout(5000))).body.toString()).toBe(
    'answer',
  )
  await upstream.close()
  server.close()
})
