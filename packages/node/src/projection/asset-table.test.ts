import { recordSchema, strictestProfile } from '@ambit/core/record'
import { expect, test } from 'vitest'
import { digestValue } from '../kernel/digest.ts'
import { assetGroups, assetRow } from './asset-register.ts'
import { assetCsv, assetJson, cell } from './asset-table.ts'

const record = recordSchema.parse({
  v: 1,
  id: '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4',
  aliases: [],
  slug: 'weather',
  kind: 'agent',
  organization: 'main',
  version: '1.0.0',
  name: { zh: '天气助手' },
  description: {},
  provider: { organization: '', domains: [] },
  responsible: { name: '=HYPERLINK("https://evil.example")' },
  interfaces: [
    {
      protocol: 'mcp',
      version: '',
      url: 'https://a.example/mcp',
      transport: 'streamable-http',
      security: [{ header: 'authorization', secret: 'authorization' }],
    },
  ],
  deployment: { where: 'cloud', model: { name: 'm', filingNumber: '备案-1' } },
  capabilities: [
    {
      id: 'tell',
      name: '',
      description: '',
      definition: digestValue(1),
      profile: strictestProfile,
      modes: [],
    },
    {
      id: 'ask',
      name: '',
      description: '',
      definition: digestValue(2),
      profile: strictestProfile,
      proposal: { ...strictestProfile, effect: 'read' },
      modes: [],
    },
  ],
  places: ['ward'],
  scenarios: [],
  supplies: [{ kind: 'model', name: 'm', version: '2' }],
  keys: [],
  evidence: [],
})
const life = {
  state: 'active',
  deployedBy: 'Ada',
  deployedAt: '2026-11-20T00:00:00Z',
  reviewedBy: undefined,
  reviewedAt: undefined,
}
const row = assetRow(record, life)

test('has the eight groups of the guide, headed in both languages', () => {
  expect(assetGroups).toHaveLength(8)
  const json = assetJson([row])
  expect(Object.keys(json.agents[0]!)).toEqual(assetGroups.map(([key]) => key))
  expect(json.groups.every(({ zh }) => /\p{Script=Han}/u.test(zh))).toBe(true)
})

test('says what the record says, and that the rest is unknown', () => {
  const [agent] = assetJson([row]).agents
  const value = (group: string, field: string) => agent?.[group]?.find(({ en }) => en === field)?.value
  expect(value('agent', 'name')).toBe('天气助手')
  expect(value('agent', 'provider')).toBeNull()
  expect(value('deployment', 'deployed by')).toBe('Ada')
  expect(value('model', 'filing number')).toBe('备案-1')
  expect(value('model', 'access')).toBeNull()
  expect(value('tools', 'capabilities')).toBe('tell; ask')
  expect(value('tools', 'supplies')).toBe('model m 2')
  expect(value('permissions', 'effects')).toBe('egress (1); not reviewed (1)')
  expect(value('permissions', 'credentials')).toBe('authorization')
  expect(value('review', 'time')).toBeNull()
})

/** Cells of a CSV text by RFC 4180. */
function cellsOf(csv: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted = '', end = ''] of csv.slice(1).matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

test('is a table that a spreadsheet reads, and computes nothing of', () => {
  const csv = assetCsv([row])
  expect(csv.startsWith('\uFEFF"智能体 Agent"')).toBe(true)
  const rows = cellsOf(csv)
  expect(rows.map((cells) => cells.length)).toEqual([8, 8])
  expect(rows[1]![2]).toContain('责任人 owner: =HYPERLINK("https://evil.example")')
  expect(rows[1]![7]).toContain('未知 (unknown)')
  expect(rows.flat().some((text) => text.split('\n').some((line) => /^[=+\-@]/.test(line)))).toBe(false)
})

test.each(['=1+1', '+1', '-1', '@x', '\t=1', ' =1', '＝1', '\u200B=1', 'a\n=1', 'a\r@x'])(
  'defuses %j',
  (text) => {
    const lines = cell(text).slice(1, -1).split('\n')
    expect(lines.some((line) => line.startsWith("'"))).toBe(true)
    expect(lines.some((line) => /^[\s\u200B]*[=+\-@＝]/u.test(line))).toBe(false)
  },
)

test('quotes stay quotes', () => {
  expect(cell('say "a", b')).toBe('"say ""a"", b"')
})
