import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Scan } from './scan.ts'

/*
 * Two machines on a network of their own, as namespaces: one scans, the other has a registered server and a shadow one,
 * and at the other addresses nobody answers. A third machine, on a network that is not named, hears nothing.
 */

const names = [1, 2, 3].map((at) => `ambit-scan-${process.pid}-${at}`) as [string, string, string]
const [here, host, foreign] = names
const fixture = fileURLToPath(new URL('scanner-fixture.ts', import.meta.url))

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

function canNamespace(): boolean {
  try {
    ip('netns', 'add', here)
    return true
  } catch {
    console.log('skipped: a scan of a second machine (no network namespaces here)')
    return false
  }
}

const able = canNamespace()
const children: ChildProcess[] = []

/** A link from the scanning machine to another, with .1 here and .2 there. */
function link(to: string, at: number): void {
  const [near, far] = [`asc${process.pid % 10_000}n${at}`, `asc${process.pid % 10_000}f${at}`]
  ip('netns', 'add', to)
  ip('-n', here, 'link', 'add', near, 'type', 'veth', 'peer', 'name', far)
  ip('-n', here, 'link', 'set', far, 'netns', to)
  for (const [space, name, end] of [
    [here, near, 1],
    [to, far, 2],
  ] as const) {
    ip('-n', space, 'addr', 'add', `10.213.${at}.${end}/24`, 'dev', name)
    ip('-n', space, 'addr', 'add', `fd00:213:${at}::${end}/64`, 'dev', name, 'nodad')
    ip('-n', space, 'link', 'set', name, 'up')
    ip('-n', space, 'link', 'set', 'lo', 'up')
  }
}

/** Greets as a server of MCP would, and counts what it heard. */
const server = `
  let heard = 0
  const { createServer } = await import('node:http')
  const answer = (request, response) => {
    heard += 1
    console.log('heard ' + heard)
    response.writeHead(request.method === 'POST' ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-06-18' } }))
  }
  createServer(answer).listen(8000, '::', () => createServer(answer).listen(9000, '::', () => console.log('ready')))
`

async function serve(space: string): Promise<{ readonly heard: () => string }> {
  const child = spawn('ip', ['netns', 'exec', space, process.execPath, '--input-type=module', '-e', server])
  children.push(child)
  let out = ''
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()))
  while (!out.includes('ready')) await once(child.stdout, 'data')
  return { heard: () => out.replace('ready\n', '') }
}

function scan(networks: string, permitted: string): Scan {
  const args = ['netns', 'exec', here, process.execPath, fixture, networks, '8000,9000,9001', permitted]
  return JSON.parse(execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString()) as Scan
}

describe.skipIf(!able)('a scan of a second machine', () => {
  let other: Awaited<ReturnType<typeof serve>>

  beforeAll(async () => {
    link(host, 7)
    link(foreign, 8)
    await serve(host)
    other = await serve(foreign)
  })

  afterAll(() => {
    for (const child of children) child.kill()
    for (const name of names) {
      try {
        ip('netns', 'del', name)
      } catch {
        // It was never made.
      }
    }
  })

  test('finds what runs there, by IPv4 and by IPv6, and sends nothing to a network that was not named', () => {
    const found = scan('10.213.7.0/29,fd00:213:7::2', '10.213.7.0/24,fd00:213:7::/64')
    expect(found).toMatchObject({ state: 'done', of: 21, tried: 21, open: 4 })
    expect(found.findings.map(({ url, standing, slug }) => [url, standing, slug])).toEqual([
      ['http://10.213.7.2:8000/mcp', 'registered', 'known'],
      ['http://[fd00:213:7::2]:8000/mcp', 'unregistered', undefined],
      ['http://10.213.7.2:9000/mcp', 'unregistered', undefined],
      ['http://[fd00:213:7::2]:9000/mcp', 'unregistered', undefined],
    ])
    expect(other.heard()).toBe('')
  })

  test('a network that is not permitted is refused before anything is sent', () => {
    expect(() => scan('10.213.8.0/29', '10.213.7.0/24')).toThrow(/scan\.network/)
    expect(other.heard()).toBe('')
  })
})
