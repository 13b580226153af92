import { visible } from '@ambit/core/visible'
import type { Reason } from '@ambit/core/decision'
import { effectSchema } from '@ambit/core/record'
import type { Effect, Role } from '@ambit/core/record'
import { lastingLinks } from '@ambit/core/mandate-chain'
import { reasonInChinese } from '../authority/authority.ts'
import type { Suspended } from './approval.ts'
import { cut } from './cut.ts'

/** What a person can read at a glance; more is cut, and says so. */
const argumentCharactersMax = 2000
const nameCharactersMax = 120
/** Arguments on one card; the rest is counted. */
const argumentsMax = 50

/** What a person is shown. Written here from the record and its profile; what an agent wrote stands in quotes. */
export interface Card {
  readonly id: string
  readonly act: string
  /** Chance, so that the card's digest in the log tells nobody what the arguments were. */
  readonly nonce: string
  readonly asked: string
  readonly expires: string
  readonly agent: { readonly title: string; readonly id: string }
  readonly tool: {
    readonly title: string
    readonly target: string
    readonly effect: string
    readonly reversibility: number
  }
  readonly sentence: { readonly en: string; readonly zh: string }
  readonly arguments: readonly CardArgument[]
  /** Arguments that are not shown because there are too many. */
  readonly hidden: number
  readonly reasons: readonly CardReason[]
  readonly mandate: { readonly id: string; readonly purpose: string }
  /** The keyed hash of exactly what would be done; see `action.ts`. */
  readonly action: string
}

export interface CardArgument {
  readonly name: string
  readonly role: Role
  readonly text: string
}

export interface CardReason {
  readonly code: string
  readonly rule: string
  readonly what: { readonly en: string; readonly zh: string }
}

const effectWords: Record<Effect, { readonly en: string; readonly zh: string }> = {
  read: { en: 'This reads information.', zh: '此操作读取信息。' },
  write: { en: 'This changes data.', zh: '此操作修改数据。' },
  egress: { en: 'This sends something to the outside.', zh: '此操作向外部发送内容。' },
  pay: { en: 'This spends money.', zh: '此操作支付款项。' },
  identity: { en: 'This changes accounts or who may do what.', zh: '此操作变更账户或权限。' },
  physical: { en: 'This acts on the physical world.', zh: '此操作作用于现实世界。' },
}

const undoWords = [
  { en: 'It can be undone.', zh: '可以撤销。' },
  { en: 'It can be undone for a short time.', zh: '短时间内可以撤销。' },
  { en: 'It cannot be undone, only made up for.', zh: '无法撤销，只能补救。' },
  { en: 'It cannot be undone.', zh: '无法撤销。' },
] as const

/** Where harm would come from first. */
const roleOrder: readonly Role[] = ['sink', 'quantity', 'secret', 'selector', 'control', 'content']

export function makeCard(
  suspended: Suspended,
  facts: Pick<Card, 'id' | 'nonce' | 'asked' | 'expires' | 'action'>,
): Card {
  const { act, callers, effect, reversibility, reasons, links } = suspended
  const agentId = callers[0] ?? suspended.holder
  const agent = { title: nameText(suspended.agentTitle ?? agentId), id: agentId }
  const shown = cardArguments(suspended)
  const tool = {
    title: nameText(suspended.capabilityTitle),
    target: nameText(suspended.targetTitle),
    effect,
    reversibility,
  }
  return {
    ...facts,
    act,
    agent,
    tool,
    sentence: sentence(suspended.agentTitle === undefined ? undefined : agent.title, tool),
    arguments: shown.slice(0, argumentsMax),
    hidden: Math.max(0, shown.length - argumentsMax),
    reasons: reasons.map(cardReason),
    mandate: {
      id: lastingLinks(links).at(-1) ?? '',
      purpose: visible(cut(suspended.purpose ?? '', nameCharactersMax * 4)),
    },
  }
}

/** An agent that is not registered has no name, only a key, which tells a person nothing. */
function sentence(agent: string | undefined, tool: Card['tool']): Card['sentence'] {
  const effect = effectSchema.safeParse(tool.effect)
  // What nobody named counts as the gravest, here as everywhere.
  const does = effectWords[effect.success ? effect.data : 'egress']
  const undo = undoWords[tool.reversibility as 0 | 1 | 2 | 3] ?? undoWords[3]
  return {
    en: `${agent === undefined ? 'An agent' : `“${agent}”`} asks to use “${tool.title}” of “${tool.target}”. ${does.en} ${undo.en}`,
    zh: `${agent === undefined ? '一个智能体' : `“${agent}”`}请求使用“${tool.target}”的“${tool.title}”。${does.zh}${undo.zh}`,
  }
}

function cardArguments(suspended: Suspended): CardArgument[] {
  const values = suspended.arguments
  if (values === undefined || values === null) return []
  // Arguments are an object in every protocol we know; anything else is shown whole.
  const members =
    typeof values === 'object' && !Array.isArray(values) ? Object.entries(values) : [['', values] as const]
  const shown = members.map(([name, value]): CardArgument => {
    const roles = suspended.roles ?? {}
    const role = Object.hasOwn(roles, name) ? roles[name]! : 'sink'
    return { name: nameText(name), role, text: role === 'secret' ? hiddenText(value) : valueText(value) }
  })
  return shown.sort((left, right) => roleOrder.indexOf(left.role) - roleOrder.indexOf(right.role))
}

/** As JSON, so that text stands in quotes and cannot end them; then cut; then made visible. */
function valueText(value: unknown): string {
  return visible(cut(JSON.stringify(value) ?? 'null', argumentCharactersMax))
}

/** Whoever approves need not learn a password. */
function hiddenText(value: unknown): string {
  return `•••• (${typeof value === 'string' ? value.length : (JSON.stringify(value) ?? '').length})`
}

/** Names are written by third parties: nothing in them may look like the end of our quotation. */
function nameText(name: string): string {
  return visible(cut(name, nameCharactersMax)).replaceAll(/["“”„‟«»「」『』＂]/g, "'")
}

function cardReason({ code, rule, what }: Reason): CardReason {
  const en = visible(cut(what, argumentCharactersMax))
  return { code, rule, what: { en, zh: reasonInChinese(code)?.what ?? en } }
}
