import { expect, test } from 'vitest'
import { recognition } from './known.ts'
import type { Endpoint } from './known.ts'

const endpoint = (slug: string, protocol: string, url: string): Endpoint => ({
  slug,
  organization: 'main',
  protocol,
  url,
})

async function known(
  endpoints: readonly Endpoint[],
  names: Readonly<Record<string, readonly string[]>> = {},
) {
  const asked: string[] = []
  const recognize = await recognition(endpoints, new Set([80, 443, 8000]), async (name) => {
    asked.push(name)
    return names[name] ?? []
  })
  const slug = (protocol: 'mcp' | 'a2a', url: string, address = '10.0.0.7', port = 8000) =>
    recognize(address, port, { protocol, url, transport: 'streamable-http' })?.slug
  return { asked, slug }
}

test('a tool server is known by address, port and path, an agent by address and port', async () => {
  const { slug } = await known([
    endpoint('tools', 'mcp', 'http://10.0.0.7:8000/mcp/'),
    endpoint('agent', 'a2a', 'http://10.0.0.7:8000/a2a/v1'),
  ])
  expect(slug('mcp', 'http://10.0.0.7:8000/mcp')).toBe('tools')
  expect(slug('mcp', 'http://10.0.0.7:8000')).toBeUndefined()
  expect(slug('a2a', 'http://10.0.0.7:8000')).toBe('agent')
  expect(slug('mcp', 'http://10.0.0.8:8000/mcp', '10.0.0.8')).toBeUndefined()
})

test('names are looked up once each, and only where their port is scanned', async () => {
  const { asked, slug } = await known(
    [
      endpoint('a', 'mcp', 'https://files.example/mcp'),
      endpoint('b', 'mcp', 'https://files.example/other'),
      endpoint('c', 'mcp', 'http://localhost:8000/mcp'),
      endpoint('d', 'mcp', 'http://elsewhere.example:9000/mcp'),
      endpoint('e', 'mcp', 'stdio:'),
    ],
    { 'files.example': ['10.0.0.7', 'fd00::7'] },
  )
  expect(asked).toEqual(['files.example'])
  expect(slug('mcp', 'https://10.0.0.7/other', '10.0.0.7', 443)).toBe('b')
  expect(slug('mcp', 'https://[fd00::7]/mcp', 'fd00::7', 443)).toBe('a')
  expect(slug('mcp', 'http://[::1]:8000/mcp', '::1')).toBe('c')
})

test('of very many names only so many are looked up', async () => {
  const many = Array.from({ length: 1000 }, (_, at) => endpoint(`s${at}`, 'mcp', `http://h${at}.example/mcp`))
  expect((await known(many)).asked).toHaveLength(200)
})
