import { createHash } from 'node:crypto'
import { visible } from '@ambit/core/visible'
import { timeText } from '../kernel/clock.ts'
import type { Language, Topic } from './channel-row.ts'

/** A text that Ambit wrote, in both languages; names of third parties in it are quoted and made visible. */
export type Sentence = Readonly<Record<Language, string>>

/** What an approval is, as far as anybody is told of it: never what its arguments are. */
export interface ApprovalFact {
  readonly id: string
  readonly act: string
  readonly organization: string
  readonly subject: string
  readonly state: string
  /** `step`: of a list, which is told of as a whole. */
  readonly mode: 'act' | 'draft' | 'step'
  readonly asked: number
  readonly expires: number
  /** Of an act in the outbox: when it is done, in ms. */
  readonly due: number | null
  readonly agreedBy: string | null
  /** Who wants to use what; undefined once it was taken away. */
  readonly sentence: Sentence | undefined
}

export type PlanFact = Pick<ApprovalFact, 'id' | 'organization' | 'subject' | 'state' | 'asked' | 'expires'>

/** One thing to be told. */
export interface Notice {
  /** The subject of the bus it came from, or `test`. */
  readonly type: string
  readonly topic: Topic | 'test'
  /** Id of what it is about, and whether it is an approval or a list of them. */
  readonly about: string
  readonly of: 'approval' | 'plan' | 'other'
  /** When it happened, in ms. */
  readonly at: number
  /** Tells two notices of one type about one thing from each other. */
  readonly once: string
  readonly sentence: Sentence
  /** The page of the console that shows more. */
  readonly path: string
  /** What a program is told beside that: ids, states and times. */
  readonly facts: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Of one thing, what is asked comes before what became of it, whatever the clocks of two replicas say. */
export function rankOf({ type }: Pick<Notice, 'type'>): number {
  if (type === 'approval.asked' || type === 'approval.held') return 0
  return type === 'approval.agreed' ? 1 : 2
}

/** The same for every replica that hears of it, so that it is told once. */
export function noticeId({ type, about, once }: Notice, channel: string): string {
  const name = JSON.stringify([type, about, once, channel])
  return `msg_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
}

const endings: Readonly<Record<string, Sentence>> = {
  denied: { en: 'Refused:', zh: '已拒绝：' },
  expired: { en: 'Its time ran out, so nothing was done:', zh: '已逾期，未执行：' },
  void: { en: 'Called off before anything was done:', zh: '已在执行前作废：' },
  done: { en: 'Over; your feed says what came of it:', zh: '已结束，结果见动态：' },
}
const forgotten: Sentence = { en: 'An act that was asked of you.', zh: '一项曾请求您的行为。' }
const secondPerson: Sentence = {
  en: 'One person agreed; a second one must agree too:',
  zh: '已有一人同意，还须另一人同意：',
}

/** What is told when an approval takes a step; undefined: nothing. */
export function approvalNotice(fact: ApprovalFact, step: string, at: number): Notice | undefined {
  const { id, act, state, sentence = forgotten } = fact
  const topic = step === 'asked' || step === 'agreed' ? 'asked' : step === 'held' ? 'held' : 'ended'
  const before = step === 'agreed' ? secondPerson : endings[step]
  if (fact.mode === 'step' || (topic === 'ended' && before === undefined)) return undefined
  const due = fact.due === null ? {} : { due: timeText(fact.due) }
  return {
    type: `approval.${step}`,
    topic,
    about: id,
    of: 'approval',
    at,
    once: step === 'agreed' ? (fact.agreedBy ?? '') : '',
    sentence: before === undefined ? sentence : joined(before, sentence),
    path: `/approvals/${encodeURIComponent(id)}`,
    facts: { approval: { id, act, state, expires: timeText(fact.expires), ...due } },
  }
}

export function planNotice({ id, state, expires }: PlanFact, at: number): Notice {
  const asks = state === 'pending'
  return {
    type: 'approval.plan',
    topic: asks ? 'asked' : 'ended',
    about: id,
    of: 'plan',
    at,
    once: state,
    sentence: asks
      ? { en: 'An agent asks you to look through a list of acts.', zh: '一个智能体请您审阅一份行为清单。' }
      : { en: 'A list of acts no longer waits for you.', zh: '一份行为清单不再等待您处理。' },
    path: `/approvals/plans/${encodeURIComponent(id)}`,
    facts: { plan: { id, state, expires: timeText(expires) } },
  }
}

/** `name`: what the person is called. */
export function fatigueNotice(person: string, name: string, once: string, at: number): Notice {
  const quoted = quote(name)
  return {
    type: 'approval.fatigue',
    topic: 'notices',
    about: person,
    of: 'other',
    at,
    once,
    sentence: {
      en: `“${quoted}” is asked too much, or answers very quickly: single approvals rest for up to ten minutes.`,
      zh: `“${quoted}”被询问过多或回答过快：单项批准将暂停最多十分钟。`,
    },
    path: '/approvals',
    facts: { person: { id: person } },
  }
}

export function stopNotice(id: string, step: 'stopped' | 'lifted', at: number): Notice {
  return {
    type: 'stop.changed',
    topic: 'notices',
    about: id,
    of: 'other',
    at,
    once: step,
    sentence:
      step === 'stopped'
        ? { en: 'Somebody stopped agents.', zh: '有人停止了智能体。' }
        : { en: 'A stop of agents was lifted.', zh: '一项对智能体的停止已解除。' },
    // Every page says so at its top.
    path: '/feed',
    facts: { stop: { id, step } },
  }
}

const livenessSentences: Readonly<Record<string, (slug: string) => Sentence>> = {
  dead: (slug) => ({ en: `“${slug}” no longer answers.`, zh: `“${slug}”已无响应。` }),
  differs: (slug) => ({
    en: `“${slug}” serves something else than was accepted; what differs is held.`,
    zh: `“${slug}”提供的内容与已接受的不符，差异部分已暂停使用。`,
  }),
  alive: (slug) => ({
    en: `“${slug}” answers again, as it was accepted.`,
    zh: `“${slug}”已恢复，且与已接受的内容一致。`,
  }),
}

/** What is told when a record dies, differs, or is as it should be again; undefined: nothing. `since` in ms. */
export function livenessNotice(slug: string, state: string, since: number): Notice | undefined {
  const sentence = Object.hasOwn(livenessSentences, state)
    ? livenessSentences[state]!(quote(slug))
    : undefined
  if (sentence === undefined) return undefined
  return {
    type: 'liveness.changed',
    topic: 'notices',
    about: slug,
    of: 'other',
    at: since,
    once: `${state} ${since}`,
    sentence,
    path: `/registry/${encodeURIComponent(slug)}`,
    facts: { record: { slug, state } },
  }
}

/** Something a record is made of was taken away, or the record itself was. `ruling`: the one that says so. */
export function rulingNotice(
  slug: string,
  kind: 'advisory' | 'takedown',
  ruling: string,
  at: number,
): Notice {
  const quoted = quote(slug)
  return {
    type: `record.${kind}`,
    topic: 'notices',
    about: slug,
    of: 'other',
    at,
    once: ruling,
    sentence:
      kind === 'advisory'
        ? {
            en: `Something that “${quoted}” is made of was recalled or taken down.`,
            zh: `“${quoted}”的某个组成部分已被召回或下架。`,
          }
        : {
            en: `“${quoted}” was taken down by those who run the node.`,
            zh: `“${quoted}”已被节点运营方下架。`,
          },
    path: `/registry/${encodeURIComponent(slug)}`,
    facts: { record: { slug, ruling } },
  }
}

export function feedNotice(once: string, at: number): Notice {
  return {
    type: 'feed.new',
    topic: 'feed',
    about: 'feed',
    of: 'other',
    at,
    once,
    sentence: { en: 'There is something new in your feed.', zh: '您的动态有更新。' },
    path: '/feed',
    facts: {},
  }
}

export function testNotice(once: string, at: number): Notice {
  return {
    type: 'test',
    topic: 'test',
    about: 'test',
    of: 'other',
    at,
    once,
    sentence: { en: 'Notifications of this node reach you here.', zh: '本节点的通知会送达这里。' },
    path: '/approvals',
    facts: {},
  }
}

const nameCharactersMax = 120

/** A name is written by whoever it is of: cut, made visible, and nothing in it looks like the end of our quotation. */
function quote(name: string): string {
  return visible(name.slice(0, nameCharactersMax).toWellFormed()).replaceAll(/["“”„‟«»「」『』＂]/g, "'")
}

function joined(left: Sentence, right: Sentence): Sentence {
  return { en: `${left.en} ${right.en}`, zh: `${left.zh}${right.zh}` }
}
