import { visible } from '@ambit/core/visible'
import type { Effect } from '@ambit/core/record'
import { reasonInChinese } from '../authority/authority.ts'
import { timeText } from '../kernel/clock.ts'
import type { JournalDecision, JournalRow, JournalState } from './journal-row.ts'
import type { UndoOption } from './undo-option.ts'

export interface Sentence {
  readonly en: string
  readonly zh: string
}

/** Names that stand in a sentence; all but the person's are texts of third parties. */
export interface SentenceNames {
  readonly agent: string | undefined
  /** What its mandate is for, where it is no registered agent and has no name. */
  readonly purpose: string | undefined
  readonly tool: string
  readonly target: string
  /** Who decided, where it was not the reader. */
  readonly by: string | undefined
}

const did: Record<Effect, Sentence> = {
  read: { en: 'read information with', zh: '读取了信息' },
  write: { en: 'changed data with', zh: '修改了数据' },
  egress: { en: 'sent something to the outside with', zh: '向外部发送了内容' },
  pay: { en: 'spent money with', zh: '支付了款项' },
  identity: { en: 'changed accounts or who may do what with', zh: '变更了账户或权限' },
  physical: { en: 'acted on the physical world with', zh: '作用于现实世界' },
}

/** What an agent did in the reader's name, in words that Ambit wrote. */
export function sentenceOf(row: JournalRow, names: SentenceNames, undo: UndoOption): Sentence {
  const what = happened(row, names)
  const how = decided(row, names.by)
  const back = undoWords(row, undo)
  return {
    en: [what.en, how?.en, back?.en].filter((part) => part !== undefined).join(' '),
    zh: [what.zh, how?.zh, back?.zh].filter((part) => part !== undefined).join(''),
  }
}

/** The parts a sentence is made of, already quoted. */
interface Words {
  readonly row: JournalRow
  readonly agent: Sentence
  /** The tool: what is used. */
  readonly of: string
  readonly uses: string
}

function happened(row: JournalRow, names: SentenceNames): Sentence {
  const quoted = names.agent === undefined ? undefined : `“${quotable(names.agent)}”`
  const tool = quotable(names.tool)
  const target = quotable(names.target)
  return events[row.state]({
    row,
    agent: quoted === undefined ? nameless(names.purpose) : { en: quoted, zh: quoted },
    of: `“${tool}” of “${target}”`,
    uses: `使用“${target}”的“${tool}”`,
  })
}

function nameless(purpose: string | undefined): Sentence {
  if (purpose === undefined) return { en: 'An agent', zh: '一个智能体' }
  const quoted = `“${quotable(purpose)}”`
  return { en: `An agent (${quoted})`, zh: `一个智能体（${quoted}）` }
}

const events: Readonly<Record<JournalState, (words: Words) => Sentence>> = {
  done: ({ row, agent, of, uses }) => ({
    en: `${agent.en} ${did[row.effect].en} ${of}.`,
    zh: `${agent.zh}${uses}，${did[row.effect].zh}。`,
  }),
  held: ({ row, agent, of, uses }) => ({
    en: `${agent.en} is about to use ${of}, at ${timeOf(row.due)} unless you veto it.`,
    zh: `${agent.zh}即将${uses}；除非您否决，将于 ${timeOf(row.due)} 执行。`,
  }),
  asked: ({ agent, of, uses }) => ({ en: `${agent.en} asks to use ${of}.`, zh: `${agent.zh}请求${uses}。` }),
  open: ({ agent, of, uses }) => ({ en: `${agent.en} is using ${of}.`, zh: `${agent.zh}正在${uses}。` }),
  denied: ({ agent, of, uses }) => ({
    en: `${agent.en} wanted to use ${of}; it was refused.`,
    zh: `${agent.zh}想${uses}，已被拒绝。`,
  }),
  expired: ({ agent, of, uses }) => ({
    en: `${agent.en} wanted to use ${of}; its time ran out, so nothing was done.`,
    zh: `${agent.zh}想${uses}；已逾期，未执行。`,
  }),
  void: ({ agent, of, uses }) => ({
    en: `${agent.en} wanted to use ${of}; it was called off before anything was done.`,
    zh: `${agent.zh}想${uses}；已在执行前作废。`,
  }),
  refused: ({ agent, of, uses }) => ({
    en: `${agent.en} tried to use ${of} and was refused.`,
    zh: `${agent.zh}试图${uses}，被拒绝。`,
  }),
  failed: ({ agent, of, uses }) => ({
    en: `${agent.en} tried to use ${of}; it failed.`,
    zh: `${agent.zh}${uses}，失败了。`,
  }),
  cancelled: ({ agent, of, uses }) => ({
    en: `${agent.en} used ${of}; it was stopped on the way.`,
    zh: `${agent.zh}${uses}，中途被停止。`,
  }),
  unknown: ({ agent, of, uses }) => ({
    en: `${agent.en} used ${of}; it is not known whether it was done.`,
    zh: `${agent.zh}${uses}；是否完成不得而知。`,
  }),
  'not-observed': ({ agent, of, uses }) => ({
    en: `${agent.en} was let through to use ${of}; what came of it did not pass through this node.`,
    zh: `${agent.zh}获准${uses}；结果未经过本节点。`,
  }),
}

function decided(row: JournalRow, by: string | undefined): Sentence | undefined {
  const person =
    by === undefined ? { en: 'You', zh: '您' } : { en: `“${quotable(by)}”`, zh: `“${quotable(by)}”` }
  if (row.state === 'refused') {
    const code = row.reason ?? ''
    return { en: `Why: ${code}.`, zh: `原因：${reasonInChinese(code)?.what ?? code}` }
  }
  if (row.state === 'denied') return { en: `${person.en} decided so.`, zh: `由${person.zh}决定。` }
  return before.has(row.state) ? undefined : deciders[row.decision](row, person)
}

const deciders: Readonly<Record<JournalDecision, (row: JournalRow, person: Sentence) => Sentence>> = {
  alone: () => ({ en: 'It decided alone, within its mandate.', zh: '由其在授权范围内自行决定。' }),
  approved: (_row, { en, zh }) => ({ en: `${en} approved it.`, zh: `经${zh}批准。` }),
  held: (row, { en, zh }) =>
    row.decided_by === null
      ? { en: 'It was held for you, and nobody vetoed it.', zh: '曾为您保留，无人否决。' }
      : { en: `${en} let it go early.`, zh: `由${zh}提前放行。` },
  standing: () => ({ en: 'A standing approval covered it.', zh: '属于长期批准的范围。' }),
  observed: ({ reason }) => ({
    en: `This node only observes: it would not have gone on by itself (${reason ?? ''}).`,
    zh: `本节点仅观察：否则不会自行执行（${reason ?? ''}）。`,
  }),
  undo: () => ({ en: 'It was done to undo another act.', zh: '用于撤销另一行为。' }),
}

const before: ReadonlySet<JournalRow['state']> = new Set(['asked', 'held', 'void', 'expired'])

function undoWords(row: JournalRow, undo: UndoOption): Sentence | undefined {
  if (undo.state === 'undone') return { en: 'It was undone.', zh: '已撤销。' }
  if (undo.state === 'undoing') return { en: 'It is being undone.', zh: '正在撤销。' }
  if (row.state !== 'done') return undefined
  if (undo.state !== 'can') return { en: 'It cannot be undone from here.', zh: '无法在此撤销。' }
  return undo.until === undefined
    ? { en: 'It can be undone.', zh: '可以撤销。' }
    : { en: `It can be undone until ${timeText(undo.until)}.`, zh: `可在 ${timeText(undo.until)} 前撤销。` }
}

function timeOf(due: number | null): string {
  return due === null ? '' : timeText(due)
}

const nameCharactersMax = 120

/** Names are written by third parties: cut, made visible, and nothing in them looks like the end of our quotation. */
export function quotable(name: string): string {
  const whole =
    name.length <= nameCharactersMax ? name : `${name.slice(0, nameCharactersMax).toWellFormed()}…`
  return visible(whole).replaceAll(/["“”„‟«»「」『』＂]/g, "'")
}
