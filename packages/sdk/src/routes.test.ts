import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { connectAmbit } from './client.ts'
import { createHolderKey } from './holder-key.ts'

/* Every route of a node has a call: whoever adds one to the node finds it missing here. */

/** Routes that nobody calls through the SDK, each with its reason. */
const without: Readonly<Record<string, string>> = {
  'GET /oauth/client.json': 'authorization servers of others read it',
  'GET /api/events': 'a stream: `events`',
  ...Object.fromEntries(
    [
      '/agents/x/.well-known/acs.json',
      '/agents/x/server.json',
      '/agents/x/ad.json',
      '/.well-known/ai-catalog.json',
      '/.well-known/ard.json',
    ].map((path) => [`GET ${path}`, 'anyone reads it, by the rules of its format']),
  ),
  'GET /.well-known/did.json': 'resolvers of DIDs read it',
  'GET /agents/x/did.json': 'resolvers of DIDs read it',
  'GET /agents/x/x/did.json': 'resolvers of DIDs read it',
  'GET /organizations/x/agents/x/did.json': 'resolvers of DIDs read it',
  'GET /organizations/x/agents/x/x/did.json': 'resolvers of DIDs read it',
}

const contract = JSON.parse(
  readFileSync(new URL('../../../contracts/openapi.json', import.meta.url), 'utf8'),
) as { paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> }

const routes = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{[^}]*\}/g, 'x')}`),
)

/** Calls everything that a client has, with `x` in each place, and keeps which routes were asked. */
async function everyCall(): Promise<Set<string>> {
  const asked = new Set<string>()
  const { signer } = await createHolderKey()
  const fetchBefore = globalThis.fetch
  globalThis.fetch = async (address, init) => {
    asked.add(
      `${init?.method ?? 'GET'} ${new URL(address instanceof Request ? address.url : address).pathname}`,
    )
    return new Response('{}', { status: 200 })
  }
  try {
    const { url: _, ...nouns } = connectAmbit({ url: 'http://node.example' })
    const calls = Object.values(nouns).flatMap((noun): unknown[] =>
      typeof noun === 'function' ? [noun] : Object.values(noun),
    )
    for (const call of calls) {
      // Where a person may be named the route is another one, and some take a key.
      for (const values of [['x'], ['x', 'x'], ['x', signer], [{ person: 'x' }], ['x', { person: 'x' }], []])
        await attempt(call as (...values: unknown[]) => unknown, values)
    }
  } finally {
    globalThis.fetch = fetchBefore
  }
  return asked
}

/** What it asked is what counts: with such arguments and answers few calls end well. */
async function attempt(call: (...values: unknown[]) => unknown, values: readonly unknown[]): Promise<void> {
  try {
    await call(...values)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
  }
}

test('each has a call, and no call asks for a route that is not there', async () => {
  const asked = await everyCall()
  const missing = routes.filter((route) => !asked.has(route) && without[route] === undefined)
  expect(missing).toEqual([])
  const own = new Set([...routes, 'POST /oauth/token'])
  expect([...asked].filter((route) => !own.has(route) && !/undefined|object/.test(route))).toEqual([])
})
