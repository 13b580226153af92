import type { AgentRecord, Protocol } from '@ambit/core/record'
import type { WrittenFormat } from './formats.ts'

/** Something that a record holds, and the formats that have a place for it. */
export interface Holding {
  readonly what: string
  readonly in: readonly WrittenFormat[]
  /** Whether this record says something of it. */
  readonly isIn: (record: AgentRecord) => boolean
}

const every = ['a2a', 'mcp', 'acs', 'anp', 'ard', 'ai-catalog', 'gbz185'] as const

const speaks =
  (protocol: Protocol) =>
  ({ interfaces }: AgentRecord): boolean =>
    interfaces.some((each) => each.protocol === protocol && each.transport !== 'stdio')

/** What each format holds of a record; the guide's table is made of this. */
export const holdings: readonly Holding[] = [
  { what: 'name', in: every, isIn: ({ name }) => Object.keys(name).length > 0 },
  { what: 'description', in: every, isIn: ({ description }) => Object.keys(description).length > 0 },
  {
    what: 'name or description in a second language',
    in: [],
    isIn: ({ name, description }) => Object.keys(name).length > 1 || Object.keys(description).length > 1,
  },
  { what: 'version', in: every, isIn: () => true },
  { what: 'identity code', in: ['acs', 'gbz185'], isIn: () => true },
  {
    what: 'organisation of the provider',
    in: ['a2a', 'acs', 'anp', 'gbz185'],
    isIn: ({ provider }) => provider.organization !== '',
  },
  {
    what: 'department, licence, country or contact of the provider',
    in: ['acs', 'gbz185'],
    isIn: ({ provider: { department, license, country, contact } }) =>
      [department, license, country, contact].some((value) => value !== undefined),
  },
  {
    what: 'filed domains',
    in: ['acs', 'gbz185'],
    isIn: ({ provider }) => (provider.registrations ?? []).length > 0,
  },
  { what: 'interfaces of A2A', in: ['a2a'], isIn: speaks('a2a') },
  { what: 'interfaces of MCP', in: ['mcp', 'anp'], isIn: speaks('mcp') },
  { what: 'interfaces of AIP', in: ['acs', 'gbz185'], isIn: speaks('aip') },
  { what: 'interfaces of ANP', in: ['anp'], isIn: speaks('anp') },
  {
    what: 'a command that the node starts',
    in: [],
    isIn: ({ interfaces }) => interfaces.some(({ transport }) => transport === 'stdio'),
  },
  {
    what: 'capabilities by id',
    in: ['a2a', 'acs', 'ard', 'ai-catalog', 'gbz185'],
    isIn: ({ capabilities }) => capabilities.length > 0,
  },
  {
    what: 'names and descriptions of capabilities',
    in: ['a2a', 'acs', 'gbz185'],
    isIn: ({ capabilities }) => capabilities.length > 0,
  },
  {
    what: 'schemas of capabilities',
    in: [],
    isIn: ({ capabilities }) => capabilities.some(({ inputSchema }) => inputSchema !== undefined),
  },
  {
    what: 'effects and reversibility',
    in: [],
    isIn: ({ capabilities }) => capabilities.length > 0,
  },
  {
    what: 'names that its certificates bear',
    in: ['acs'],
    isIn: ({ certificate }) => certificate !== undefined,
  },
  { what: 'deployment', in: [], isIn: ({ deployment }) => deployment !== undefined },
  { what: 'the responsible person', in: [], isIn: () => true },
  { what: 'bill of materials', in: [], isIn: ({ supplies }) => supplies.length > 0 },
  {
    what: 'places and scenarios',
    in: [],
    isIn: ({ places, scenarios }) => places.length + scenarios.length > 0,
  },
]

/** What of a record an export does not say, because the format has no place for it. */
export function lossesOf(record: AgentRecord, format: WrittenFormat): string[] {
  return holdings
    .filter((holding) => !holding.in.includes(format) && holding.isIn(record))
    .map(({ what }) => what)
}

/** The table of the guide. */
export function holdingsTable(): string {
  const head = ['held', ...every.map((format) => `\`${format}\``)]
  const rows = holdings.map(({ what, in: formats }) => [
    what,
    ...every.map((format) => (formats.includes(format) ? 'yes' : '–')),
  ])
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((cells) => cells[at]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, at) => text.padEnd(widths[at]!)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
