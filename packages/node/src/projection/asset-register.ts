import type { AgentRecord } from '@ambit/core/record'

/*
 * The asset register of TC260-PG-20266A (智能体部署使用安全指引), appendix for organisations: eight groups of fields for
 * each agent. What the record does not know is said to be unknown.
 */

/** Key, English heading, Chinese heading, in the order of the guide. */
export const assetGroups = [
  ['agent', 'Agent', '智能体'],
  ['location', 'Deployment location', '部署位置标识'],
  ['deployment', 'Deployed by, time and owner', '部署人、部署时间与责任人'],
  ['model', 'Model name, version and access', '模型名称、版本与接入方式'],
  ['tools', 'Tools, skills and plugins', '工具、技能与插件'],
  ['scope', 'Scope of access', '访问范围'],
  ['permissions', 'Permissions', '权限'],
  ['review', 'Last review', '最近一次审查'],
] as const
export type AssetGroup = (typeof assetGroups)[number][0]

/** A cell: its fields by name, each known or not. */
export interface AssetField {
  readonly en: string
  readonly zh: string
  /** Undefined: the record does not say. */
  readonly value: string | undefined
}
export type AssetRow = Readonly<Record<AssetGroup, readonly AssetField[]>>

/** What of an agent's life the register asks for beside the record, from its rulings. */
export interface AssetLife {
  readonly state: string
  /** Who put it in force, and when (RFC 3339). */
  readonly deployedBy: string | undefined
  readonly deployedAt: string | undefined
  /** Who last looked at it, and when. */
  readonly reviewedBy: string | undefined
  readonly reviewedAt: string | undefined
}

/** More names than a person reads in a cell; their number is said. */
const namesMax = 100

/** One agent in the register. */
export function assetRow(record: AgentRecord, life: AssetLife): AssetRow {
  const { deployment, responsible, provider } = record
  const model = deployment?.model
  return {
    agent: [
      field('name', '名称', record.name.zh ?? record.name.en ?? record.slug),
      field('identity code', '身份码', record.id),
      field('version', '版本', record.version),
      field('kind', '类型', record.kind),
      field('state', '状态', life.state),
      field('provider', '提供者', known(provider.organization)),
    ],
    location: [
      field('where', '位置类型', deployment?.where),
      field('region', '区域', known(deployment?.region)),
      field('jurisdiction', '法域', known(deployment?.jurisdiction)),
      field('runtime', '运行环境', known(deployment?.runtime)),
      field('addresses', '地址', list(record.interfaces.map(({ url }) => url))),
    ],
    deployment: [
      field('deployed by', '部署人', life.deployedBy),
      field('time', '时间', life.deployedAt),
      field('owner', '责任人', [responsible.name, known(responsible.contact)].filter(Boolean).join(', ')),
    ],
    model: [
      field('name', '名称', known(model?.name)),
      field('version', '版本', known(model?.version)),
      field('filing number', '备案号', known(model?.filingNumber)),
      field('access', '接入方式', known(model?.access)),
    ],
    tools: [
      field('capabilities', '能力', list(record.capabilities.map(({ id }) => id))),
      field('supplies', '组成', list(record.supplies.map((each) => nameOf(each)))),
    ],
    scope: [
      field('places', '场所', list(record.places)),
      field('scenarios', '场景', list(record.scenarios)),
      field(
        'data classes',
        '数据类别',
        list([...new Set(record.capabilities.flatMap(({ profile }) => profile.dataClasses))]),
      ),
    ],
    permissions: [
      field('effects', '作用', list(effectsOf(record))),
      field(
        'credentials',
        '凭据',
        list([...new Set(record.interfaces.flatMap(({ security }) => security.map(({ header }) => header)))]),
      ),
    ],
    review: [
      field('by', '审查人', life.reviewedBy),
      field('time', '时间', life.reviewedAt),
      field('evidence', '依据', list([...new Set(record.evidence.map(({ kind }) => kind))])),
    ],
  }
}

function field(en: string, zh: string, value: string | undefined): AssetField {
  return { en, zh, value }
}

function known(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function list(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const more = names.length - namesMax
  return [...names.slice(0, namesMax), ...(more > 0 ? [`+${more}`] : [])].join('; ')
}

function nameOf({ kind, name, version }: AgentRecord['supplies'][number]): string {
  return `${kind} ${name}${version === undefined ? '' : ` ${version}`}`
}

/** What its capabilities do, with how many do it; what nobody accepted counts as not looked at. */
function effectsOf(record: AgentRecord): string[] {
  const counts = new Map<string, number>()
  for (const { profile, proposal } of record.capabilities) {
    const effect = proposal === undefined ? profile.effect : 'not reviewed'
    counts.set(effect, (counts.get(effect) ?? 0) + 1)
  }
  return [...counts].map(([effect, count]) => `${effect} (${count})`)
}
