import { effectSchema } from '@ambit/core/record'
import type { Effect } from '@ambit/core/record'
import type { Card } from './card.ts'
import type { CardArgument } from './card-arguments.ts'

export interface Languages {
  readonly en: string
  readonly zh: string
}

/** What a person asks of a card, in the order in which they ask. */
export type Topic = 'who' | 'what' | 'to' | 'amount' | 'data' | 'undo' | 'why'

export interface Section {
  readonly topic: Topic
  readonly lines: readonly Languages[]
}

const effectWords: Record<Effect, Languages> = {
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

function undoOf(reversibility: number): Languages {
  return undoWords[reversibility as 0 | 1 | 2 | 3] ?? undoWords[3]
}

/** An agent that is not registered has no name, only a key, which tells a person nothing. */
export function sentence(agent: string | undefined, tool: Card['tool'], held = false): Languages {
  const effect = effectSchema.safeParse(tool.effect)
  // What nobody named counts as the gravest, here as everywhere.
  const does = effectWords[effect.success ? effect.data : 'egress']
  const undo = undoOf(tool.reversibility)
  return {
    en: `${agent === undefined ? 'An agent' : `“${agent}”`} ${held ? 'is about to use' : 'asks to use'} “${tool.title}” of “${tool.target}”. ${does.en} ${undo.en}`,
    zh: `${agent === undefined ? '一个智能体' : `“${agent}”`}${held ? '即将使用' : '请求使用'}“${tool.target}”的“${tool.title}”。${does.zh}${undo.zh}`,
  }
}

/** The card in plain words, for whoever has only words: a phone, a terminal, a message. */
export function sections(card: Omit<Card, 'sections'>): Section[] {
  const all: Section[] = [
    { topic: 'who', lines: who(card) },
    { topic: 'what', lines: [card.sentence, ...elsewhereLines(card), ...changes(card)] },
    { topic: 'to', lines: card.arguments.filter(({ role }) => role === 'sink').map(sinkLine) },
    { topic: 'amount', lines: amounts(card) },
    { topic: 'data', lines: data(card) },
    { topic: 'undo', lines: undo(card) },
    { topic: 'why', lines: card.reasons.map(reasonLine) },
  ]
  return all.filter(({ lines }) => lines.length > 0)
}

function who({ chain, mode }: Omit<Card, 'sections'>): Languages[] {
  const names = chain.map(({ title }) => `“${title}”`)
  const line = { en: names.join(' for '), zh: names.toReversed().join(' 委托 ') }
  if (mode !== 'draft') return [line]
  const only = {
    en: 'An agent prepared this; only you may do it, and it is done in your name.',
    zh: '由智能体准备；只能由您本人完成，并以您的名义执行。',
  }
  return [line, only]
}

function elsewhereLines({ elsewhere }: Omit<Card, 'sections'>): Languages[] {
  if (elsewhere === undefined) return []
  return [
    {
      en: `Once approved, the request “${elsewhere}” passes once; another data plane carries it, and what comes of it is not seen here.`,
      zh: `批准后，请求“${elsewhere}”可通过一次；由其他数据平面转发，本节点看不到结果。`,
    },
  ]
}

function changes({ arguments: shown }: Omit<Card, 'sections'>): Languages[] {
  const names = shown.filter(({ changed }) => changed).map(({ name }) => name)
  if (names.length === 0) return []
  return [
    {
      en: `A person changed what the agent wrote: ${names.join(', ')}.`,
      zh: `智能体所写的值已由人修改：${names.join('、')}。`,
    },
  ]
}

function sinkLine({ name, text, before }: CardArgument): Languages {
  const what = name === '' ? text : `${name}: ${text}`
  if (before === undefined || before.times === 0) {
    return { en: `${what} (never approved before)`, zh: `${what}（此前从未批准过）` }
  }
  const last = (before.last ?? '').slice(0, 10)
  const often = before.times === 1 ? 'once' : `${before.times} times`
  return {
    en: `${what} (approved ${often} before, last on ${last})`,
    zh: `${what}（此前批准过 ${before.times} 次，最近一次 ${last}）`,
  }
}

function amounts({ amount, arguments: shown }: Omit<Card, 'sections'>): Languages[] {
  const money: Languages[] =
    amount === undefined
      ? []
      : [
          amount.text === undefined
            ? { en: 'An amount of money that cannot be read.', zh: '金额无法读出。' }
            : { en: amount.text, zh: amount.text },
        ]
  const quantities = shown.filter(({ role }) => role === 'quantity')
  return [
    ...money,
    ...quantities.map(({ name, text }) => ({ en: `${name}: ${text}`, zh: `${name}：${text}` })),
  ]
}

function data({ leaves }: Omit<Card, 'sections'>): Languages[] {
  if (leaves === undefined) return []
  const { classes, bytes, contents } = leaves
  const en = classes.length === 0 ? 'data of no named kind' : classes.join(', ')
  const zh = classes.length === 0 ? '未标明种类的数据' : classes.join('、')
  return [
    {
      en: `${en}; ${bytes} bytes${contents.length === 0 ? '' : `, with what stands in ${contents.join(', ')}`}`,
      zh: `${zh}；${bytes} 字节${contents.length === 0 ? '' : `，含 ${contents.join('、')} 的内容`}`,
    },
  ]
}

function undo({ tool, undo: way }: Omit<Card, 'sections'>): Languages[] {
  const lines = [undoOf(tool.reversibility)]
  if (way.windowMs !== undefined && way.windowMs > 0) {
    const seconds = Math.ceil(way.windowMs / 1000)
    lines.push({ en: `For ${seconds} s after it is approved.`, zh: `批准后 ${seconds} 秒内。` })
  }
  if (way.inverse !== undefined) {
    lines.push({ en: `By “${way.inverse}” of the same record.`, zh: `通过同一登记的“${way.inverse}”。` })
  }
  return lines
}

function reasonLine({ what, rule, evidence }: Card['reasons'][number]): Languages {
  const more = evidence === undefined ? '' : ` “${evidence}”`
  return { en: `${what.en} [${rule}]${more}`, zh: `${what.zh}［${rule}］${more}` }
}
