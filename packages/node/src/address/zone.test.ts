import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { readPrefix } from '@ambit/core/id/address'
import { readZone } from '@ambit/testkit/zone-file'
import { expect, test } from 'vitest'
import { readNameServer, zonesOf } from './zone.ts'
import type { Named, ZoneOptions, Zones } from './zone.ts'

const reading = readPrefix('2001:db8:a9e::/64')
if (!reading.ok) throw new Error(reading.why)
const { prefix } = reading
const agents: readonly Named[] = [
  { slug: 'mailer', address: '2001:db8:a9e:0:5c1:77:aa:1' },
  { slug: 'a', address: '2001:db8:a9e:0:ffff::2' },
  { slug: '7-tools', address: '2001:db8:a9e::1:3' },
]
const options: ZoneOptions = {
  origin: 'agents.example',
  ttlS: 600,
  nameServers: [readNameServer('ns1.example.net'), readNameServer('NS2.agents.example./2001:DB8:53::1')],
  contact: 'first.last@example.net',
  serial: 1_763_765_432,
}

const checker = spawnSync('named-checkzone', ['-v']).status === 0
if (!checker)
  console.log('skipped: named-checkzone is not here, so zones are read by our own strict reader alone')

/** Reads both zones as a name server would, and says what is in them. */
function check({ forward, reverse }: Zones) {
  if (checker) for (const zone of [forward, reverse]) checkWithBind(zone.origin, zone.text)
  return [forward, reverse].map(({ origin, text }) =>
    readZone(text, origin).map(({ name, type, data }) => [name, type, ...data].join(' ')),
  )
}

function checkWithBind(origin: string, text: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-zone-'))
  writeFileSync(join(folder, 'zone'), text)
  const { status, stdout } = spawnSync('named-checkzone', ['-i', 'local', origin, join(folder, 'zone')], {
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  expect(status, stdout).toBe(0)
}

test('writes names and addresses, and addresses and names', () => {
  const zones = zonesOf(agents, prefix, options)
  const [forward, reverse] = check(zones)
  expect(forward).toEqual([
    String.raw`agents.example. SOA ns1.example.net. first\.last.example.net. 1763765432 7200 900 1209600 300`,
    'agents.example. NS ns1.example.net.',
    'agents.example. NS ns2.agents.example.',
    'ns2.agents.example. AAAA 2001:db8:53::1',
    'mailer.agents.example. AAAA 2001:db8:a9e:0:5c1:77:aa:1',
    'a.agents.example. AAAA 2001:db8:a9e:0:ffff::2',
    '7-tools.agents.example. AAAA 2001:db8:a9e::1:3',
  ])
  expect(zones.reverse.origin).toBe('0.0.0.0.e.9.a.0.8.b.d.0.1.0.0.2.ip6.arpa')
  expect(reverse?.slice(3)).toEqual([
    '1.0.0.0.a.a.0.0.7.7.0.0.1.c.5.0.0.0.0.0.e.9.a.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR mailer.agents.example.',
    '2.0.0.0.0.0.0.0.0.0.0.0.f.f.f.f.0.0.0.0.e.9.a.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR a.agents.example.',
    '3.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.9.a.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR 7-tools.agents.example.',
  ])
  expect(zones.leftOut).toEqual([])
})

test('leaves SOA and NS to whoever includes the records elsewhere', () => {
  const { forward, reverse } = zonesOf(agents, prefix, { ...options, nameServers: [], contact: undefined })
  expect(forward.text).not.toMatch(/SOA|NS/)
  expect(readZone(reverse.text, reverse.origin)).toHaveLength(3)
})

test('leaves out what no host may be called, and what would take the place of a name server', () => {
  const long = 'x'.repeat(63)
  const odd = ['ends-', 'ns2', long].map((slug, at) => ({ slug, address: `2001:db8:a9e::9:${at}` }))
  const origin = `${'y'.repeat(63)}.${'y'.repeat(63)}.${'y'.repeat(60)}.zz`
  const zones = zonesOf([...odd, ...agents], prefix, options)
  expect(zones.leftOut.map(({ slug }) => slug)).toEqual(['ends-', 'ns2'])
  expect(
    zonesOf(odd, prefix, { ...options, origin, nameServers: [] }).leftOut.map(({ slug }) => slug),
  ).toEqual(['ends-', long])
  check(zones)
})

test.each([
  [{ origin: 'agents' }, 'origin'],
  [{ origin: 'agents.example\n@ IN A 192.0.2.1' }, 'origin'],
  [{ origin: 'agents..example' }, 'origin'],
  [{ origin: '-agents.example' }, 'origin'],
  [{ origin: '*.example' }, 'origin'],
  [{ contact: 'nobody' }, 'contact'],
  [{ contact: 'a;b@example.net' }, 'contact'],
  [{ contact: 'a b@example.net' }, 'contact'],
  [{ contact: 'hostmaster@exa mple.net' }, 'contact'],
  [{ nameServers: [{ name: 'ns 1.example', address: undefined }] }, 'ns'],
  // Nobody could find it.
  [{ nameServers: [{ name: 'ns1.agents.example', address: undefined }] }, 'ns'],
  [{ nameServers: [{ name: 'ns1.example.net', address: '2001:db8::53' }] }, 'ns'],
] as const)('refuses %j', (change, where) => {
  const refused = faultOf(() => zonesOf(agents, prefix, { ...options, ...change }))
  expect([refused.code, refused.where]).toEqual(['address.zone', where])
})

test('refuses a name server with an address that is none', () => {
  for (const text of ['ns1.agents.example/192.0.2.1', 'ns1.agents.example/', 'a/b/c'])
    expect(faultOf(() => readNameServer(text)).where, text).toBe('ns')
})

function faultOf(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
  }
  throw new Error('nothing was refused')
}
