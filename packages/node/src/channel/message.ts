import { createHash } from 'node:crypto'
import { timeText } from '../kernel/clock.ts'
import type { Language } from './channel-row.ts'
import type { Notice, Sentence } from './notice.ts'

/** What one delivery says: one notice, or what was kept over quiet hours together. */
export interface Message {
  readonly id: string
  readonly notices: readonly Notice[]
}

/** One keeps its id at each attempt; of several it is made from theirs. */
export function messageOf(kept: readonly { readonly id: string; readonly notice: Notice }[]): Message {
  const ids = kept.map(({ id }) => id)
  const together = createHash('sha256').update(ids.join(' ')).digest('hex').slice(0, 32)
  return {
    id: ids.length === 1 ? ids[0]! : `msg_${together}`,
    notices: kept.map(({ notice }) => notice),
  }
}

/** What a webhook gets: JSON, with `events` where several were kept over quiet hours. */
export function webhookBody({ notices }: Message, origin: string, now: number): string {
  const [first] = notices
  if (notices.length === 1) return JSON.stringify(eventOf(first!, origin))
  return JSON.stringify({
    type: 'summary',
    at: timeText(now),
    url: `${origin}${summaryPath(notices)}`,
    sentence: summarySentence(notices),
    events: notices.map((notice) => eventOf(notice, origin)),
  })
}

function eventOf({ type, at, path, sentence, facts }: Notice, origin: string): object {
  return { type, at: timeText(at), url: `${origin}${path}`, sentence, ...facts }
}

/** More than a browser shows; and in any language, less than a push message holds. */
const bodyCharactersMax = 700

/** What the service worker of the console shows. `url` is a path: it opens pages of its own origin only. */
export function pushPayload({ notices }: Message, language: Language): string {
  const [first] = notices
  const one = notices.length === 1
  const sentence = one ? first!.sentence : summarySentence(notices)
  const title = one ? (titles[first!.topic] ?? titles.notices) : titles.summary
  return JSON.stringify({
    title: title[language],
    body: sentence[language].slice(0, bodyCharactersMax).toWellFormed(),
    url: one ? first!.path : summaryPath(notices),
    tag: one ? first!.about : 'summary',
  })
}

const titles = {
  asked: { en: 'Your approval is asked for', zh: '请您批准' },
  held: { en: 'About to be done, unless you veto it', zh: '即将执行，您可否决' },
  ended: { en: 'No longer waits for you', zh: '不再等待您处理' },
  feed: { en: 'New in your feed', zh: '动态有更新' },
  notices: { en: 'For whoever runs the node', zh: '运营提醒' },
  test: { en: 'A test', zh: '测试' },
  summary: { en: 'While you were not to be disturbed', zh: '免打扰期间' },
} as const satisfies Record<string, Sentence>

/** For whom the person is waited for. */
function asks({ topic }: Notice): boolean {
  return topic === 'asked' || topic === 'held'
}

function summaryPath(notices: readonly Notice[]): string {
  return notices.some(asks) ? '/approvals' : '/feed'
}

function summarySentence(notices: readonly Notice[]): Sentence {
  const waiting = notices.filter(asks).length
  const others = notices.length - waiting
  const parts: Sentence[] = []
  if (waiting > 0) {
    const en = waiting === 1 ? '1 act was waiting for you.' : `${waiting} acts were waiting for you.`
    parts.push({ en, zh: `有 ${waiting} 项行为等待您。` })
  }
  if (others > 0) {
    const en = others === 1 ? '1 other thing happened.' : `${others} other things happened.`
    parts.push({ en, zh: `另有 ${others} 件事。` })
  }
  return { en: parts.map(({ en }) => en).join(' '), zh: parts.map(({ zh }) => zh).join('') }
}
