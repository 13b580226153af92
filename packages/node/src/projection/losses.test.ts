import { readFileSync } from 'node:fs'
import { recordSchema, strictestProfile } from '@ambit/core/record'
import type { AgentRecord } from '@ambit/core/record'
import { expect, test } from 'vitest'
import { digestValue } from '../kernel/digest.ts'
import { toDocument } from './formats.ts'
import { holdings, holdingsTable, lossesOf } from './losses.ts'

const formats = ['a2a', 'mcp', 'acs', 'anp', 'ard', 'ai-catalog', 'gbz185'] as const
const at = { updated: '2026-11-20T00:00:00Z', origin: 'https://node.example', addresses: 'own' } as const

const bare = recordSchema.parse({
  v: 1,
  id: '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4',
  aliases: [],
  slug: 'weather',
  kind: 'agent',
  organization: 'main',
  version: '1.0.0',
  name: { en: 'Weather' },
  description: { en: 'Tells it' },
  provider: { organization: '', domains: [] },
  responsible: { name: 'Ada' },
  interfaces: [],
  capabilities: [],
  places: [],
  scenarios: [],
  supplies: [],
  keys: [],
  evidence: [],
})

const said = { version: '1.0', url: 'https://a.example/x', security: [] }
const tool = {
  id: 'tell',
  name: 'Tell it',
  description: 'Tells the weather',
  definition: digestValue('tell'),
  profile: strictestProfile,
  modes: [],
}

/** For each holding, a record without and one with it, or two that differ in it. */
const pairs: Readonly<Record<string, readonly [AgentRecord, AgentRecord]>> = {
  name: [bare, { ...bare, name: { en: 'Rain' } }],
  description: [bare, { ...bare, description: { en: 'Tells more' } }],
  version: [bare, { ...bare, version: '2.0.0' }],
  'identity code': [bare, { ...bare, id: '1.2.156.3088.1.1.34C2.478BDF.3GF547.0GGS' }],
  'organisation of the provider': [bare, { ...bare, provider: { organization: 'Sky', domains: [] } }],
  'department, licence, country or contact of the provider': [
    bare,
    { ...bare, provider: { ...bare.provider, department: 'North', contact: 'a@b.example' } },
  ],
  'filed domains': [
    bare,
    {
      ...bare,
      provider: {
        ...bare.provider,
        domains: ['node.example'],
        registrations: [{ domain: 'node.example', number: '1', type: 'ICP' }],
      },
    },
  ],
  'interfaces of A2A': [bare, { ...bare, interfaces: [{ ...said, protocol: 'a2a', transport: 'jsonrpc' }] }],
  'interfaces of MCP': [
    bare,
    { ...bare, interfaces: [{ ...said, protocol: 'mcp', transport: 'streamable-http' }] },
  ],
  'interfaces of AIP': [
    bare,
    { ...bare, interfaces: [{ ...said, version: '02.01', protocol: 'aip', transport: 'jsonrpc' }] },
  ],
  'interfaces of ANP': [bare, { ...bare, interfaces: [{ ...said, protocol: 'anp', transport: 'jsonrpc' }] }],
  'a command that the node starts': [
    bare,
    {
      ...bare,
      interfaces: [
        {
          ...said,
          url: 'stdio:',
          protocol: 'mcp',
          transport: 'stdio',
          command: { program: 'x', args: [], env: [] },
        },
      ],
    },
  ],
  'capabilities by id': [
    { ...bare, capabilities: [tool] },
    { ...bare, capabilities: [{ ...tool, id: 'other' }] },
  ],
  'names and descriptions of capabilities': [
    { ...bare, capabilities: [tool] },
    { ...bare, capabilities: [{ ...tool, description: 'another' }] },
  ],
  'schemas of capabilities': [
    { ...bare, capabilities: [tool] },
    { ...bare, capabilities: [{ ...tool, inputSchema: { type: 'object' } }] },
  ],
  'effects and reversibility': [
    { ...bare, capabilities: [tool] },
    { ...bare, capabilities: [{ ...tool, profile: { ...strictestProfile, effect: 'read' } }] },
  ],
  'names that its certificates bear': [bare, { ...bare, certificate: { dns: ['a.example'] } }],
  deployment: [bare, { ...bare, deployment: { where: 'edge' } }],
  'the responsible person': [bare, { ...bare, responsible: { name: 'Eve' } }],
  'bill of materials': [bare, { ...bare, supplies: [{ kind: 'model', name: 'm' }] }],
  'places and scenarios': [bare, { ...bare, places: ['ward'] }],
}

/** An entry points to the description that fits what the record speaks, which says nothing of the interface itself. */
function withoutPointer(document: Readonly<Record<string, unknown>>): string {
  const { type: _type, url: _url, ...rest } = document
  return JSON.stringify(rest)
}

const second = 'name or description in a second language'

test.each(holdings.filter(({ what }) => what !== second))(
  'what is said to be held of `$what` is what is written',
  ({ what, in: held }) => {
    const [one, other] = pairs[what] ?? []
    if (one === undefined || other === undefined) throw new Error(`no pair for ${what}`)
    const differing = formats.filter((format) => {
      const [left, right] = [one, other].map((record) => {
        const document = toDocument(format, record, { ...at, state: 'active' })
        return format === 'ard' || format === 'ai-catalog'
          ? withoutPointer(document)
          : JSON.stringify(document)
      })
      return left !== right
    })
    expect(differing.toSorted()).toEqual([...held].toSorted())
  },
)

test('no format says a name twice', () => {
  const record = { ...bare, name: { en: 'Weather', zh: '天气' } }
  for (const format of formats) {
    const text = JSON.stringify(toDocument(format, record, { ...at, state: 'active' }))
    expect(
      [format, text.includes('"Weather"'), text.includes('"天气"')].filter((is) => is === true),
    ).toHaveLength(1)
    expect(lossesOf(record, format)).toContain(second)
  }
})

test('an export says what it leaves out', () => {
  const { capabilities: _, ...rest } = bare
  const record = { ...rest, capabilities: [tool], name: { en: 'Weather', zh: '天气' } }
  expect(lossesOf(record, 'mcp')).toEqual([
    'name or description in a second language',
    'identity code',
    'capabilities by id',
    'names and descriptions of capabilities',
    'effects and reversibility',
    'the responsible person',
  ])
})

test('the table of the guide is this one', () => {
  const guide = readFileSync(new URL('../../../../docs/guide/formats.md', import.meta.url), 'utf8')
  expect(guide).toContain(holdingsTable())
})
