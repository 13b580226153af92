import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readZone } from '@ambit/testkit/zone-file'
import { beforeAll, describe, expect, test } from 'vitest'

/*
 * A node in a network namespace that has no IPv4 at all, whose loopback takes a prefix (AnyIP): everything is reached over
 * IPv6, and agents at their own addresses with the official clients.
 */

const prefix = '2001:db8:a9e::/64'
const namespace = `ambit-${process.pid}`
const main = fileURLToPath(new URL('../../packages/testkit/src/ipv6-only-main.ts', import.meta.url))

/** Why no namespace can be made here; undefined: it can. */
function problem(): string | undefined {
  const made = spawnSync('ip', ['netns', 'add', namespace], { encoding: 'utf8' })
  if (made.status !== 0) return made.error?.message ?? made.stderr.trim()
  spawnSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
  const route = spawnSync('ip', ['-n', namespace, '-6', 'route', 'add', 'local', prefix, 'dev', 'lo'])
  end()
  return route.status === 0 ? undefined : 'it has no IPv6'
}

function ip(...values: string[]): void {
  execFileSync('ip', values)
}

function end(): void {
  spawnSync('ip', ['netns', 'del', namespace])
}

const why = problem()
if (why !== undefined) {
  console.log(`skipped: a node without IPv4, because no network namespace can be made here (${why})`)
  if (process.env['AMBIT_REQUIRE_ALL'] === '1') throw new Error(`no network namespace: ${why}`)
}

interface Listed {
  readonly prefix: string
  readonly addresses: readonly { slug: string; address: string; record: string; state: string }[]
}

interface Seen {
  readonly ipv4: number
  readonly console: number
  readonly metrics: number
  readonly listed: Listed
  readonly derived: readonly boolean[]
  readonly shown: string
  readonly zone: Record<'forward' | 'reverse', { origin: string; text: string }>
  readonly mcp: { tools: string[]; echoed: string; again: string; calls: number; elsewhere: number }
  readonly a2a: { urls: string[]; answers: string[]; acs: [number, string]; did: number; calls: number }
  readonly grpc: string
  readonly certified: Record<string, string | number>
  readonly refused: Record<string, number>
  readonly neighbours: { listed: string[]; reached: [number, number]; ours: number; theirs: number }
  readonly over: {
    readonly suspended: { refused: string; calls: number; acs: number }
    readonly retired: number
    readonly isAnother: boolean
    readonly takenDown: number
    readonly decommissioned: { done: { what: string; count: number }[]; residue: unknown[] }
    readonly afterwards: number
  }
}

describe.skipIf(why !== undefined)('a node without IPv4', () => {
  let seen: Seen

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'ambit-ipv6-'))
    try {
      ip('netns', 'add', namespace)
      ip('-n', namespace, 'link', 'set', 'lo', 'up')
      ip('-n', namespace, '-4', 'addr', 'del', '127.0.0.1/8', 'dev', 'lo')
      ip('-n', namespace, 'addr', 'add', 'fd00:e15e::1/128', 'dev', 'lo')
      ip('-n', namespace, '-6', 'route', 'add', 'local', prefix, 'dev', 'lo')
      // Names of loopback lead to ::1 there, for these processes alone.
      const hosts = join(folder, 'hosts')
      writeFileSync(hosts, '::1 localhost\n')
      const command = 'mount --bind "$0" /etc/hosts && exec "$@"'
      const run = ['sh', '-c', command, hosts, process.execPath, main, prefix]
      seen = JSON.parse(
        execFileSync('ip', ['netns', 'exec', namespace, ...run], { encoding: 'utf8', timeout: 100_000 }),
      ) as Seen
    } finally {
      end()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 120_000)

  const addressOf = (slug: string) => seen.listed.addresses.find((each) => each.slug === slug)?.address

  test('serves the console and its metrics at [::1]', () => {
    expect([seen.ipv4, seen.console, seen.metrics]).toEqual([0, 200, 200])
  })

  test('gives each agent in force the address that anybody derives from its identity', () => {
    expect(seen.listed.prefix).toBe(prefix)
    expect(seen.listed.addresses.map(({ slug }) => slug)).toEqual(['desk', 'echo', 'other'])
    expect(seen.derived).toEqual([true, true, true])
    expect(seen.shown).toBe(addressOf('desk'))
  })

  test('answers MCP clients at a server’s own address, with that server alone', () => {
    expect(seen.mcp.tools).toContain('echo')
    expect(seen.mcp.echoed).toContain('over six')
    expect(seen.mcp.again).toContain('once more')
    expect([seen.mcp.calls, seen.mcp.elsewhere]).toEqual([2, 0])
  })

  test('answers A2A clients at an agent’s own address, which its card names', () => {
    expect(seen.a2a.urls).toEqual([`http://[${addressOf('echo')}]:7100/a2a`])
    expect(seen.a2a.answers).toEqual(['echo: by JSONRPC', 'echo: by HTTP+JSON'])
    expect(seen.a2a.calls).toBe(2)
    expect(seen.a2a.acs).toEqual([200, seen.listed.addresses.find(({ slug }) => slug === 'echo')?.record])
    expect(seen.a2a.did).toBe(200)
    expect(seen.grpc).toBe('echo: by grpc')
  })

  test('names the address in the certificate of the port of agents only where the record says so', () => {
    expect(seen.certified).toEqual({
      tools: 6,
      bySignature: 6,
      before: 'ERR_TLS_CERT_ALTNAME_INVALID',
      after: 'status 406',
      named: 6,
      console: 'status 404',
      others: 'status 404',
    })
  })

  test('has nothing else there: no console, no control API, no other agent, no other name', () => {
    expect(seen.refused).toEqual({
      console: 404,
      api: 404,
      log: 404,
      all: 404,
      cardOfServer: 404,
      mcpOfAgent: 404,
      byName: 403,
      byOther: 403,
      byPage: 403,
      unknown: 401,
      elsewhere: 0,
      elsewhereByCertificate: 0,
      nobody: 404,
    })
  })

  test('leads the people of each organisation to their own server of one name', () => {
    expect(seen.neighbours).toEqual({ listed: ['desk'], reached: [0, 1], ours: 404, theirs: 404 })
  })

  test('a suspended agent is refused, one that is over is gone, and its address is nobody’s after it', () => {
    const { suspended, retired, isAnother, takenDown, decommissioned, afterwards } = seen.over
    expect(suspended.refused).toContain('suspended')
    expect([suspended.calls, suspended.acs]).toEqual([0, 404])
    expect([retired, takenDown, afterwards]).toEqual([410, 410, 410])
    expect(isAnother).toBe(true)
    expect(decommissioned.done).toContainEqual({ what: 'addresses', count: 1 })
    expect(decommissioned.residue).toEqual([])
  })

  test('writes zones that a name server loads', () => {
    const { forward, reverse } = seen.zone
    const names = readZone(forward.text, forward.origin).filter(({ type }) => type === 'AAAA')
    expect(names.map(({ name, data }) => [name, ...data])).toEqual(
      ['desk', 'echo', 'other'].map((slug) => [`${slug}.agents.example.`, addressOf(slug)]),
    )
    const pointers = readZone(reverse.text, reverse.origin).filter(({ type }) => type === 'PTR')
    expect(pointers.map(({ data }) => data[0])).toEqual(names.map(({ name }) => name))
  })
})
