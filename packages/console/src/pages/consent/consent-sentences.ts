import { exponentOf } from '@ambit/core/currency'
import { effects } from '@ambit/core/record'
import type { Effect } from '@ambit/core/record'
import type { Dictionary } from '../../i18n/en.ts'
import { visibleString } from '../../ui/visible-text.ts'
import { limitsOf } from './consent-draft.ts'
import type { ConsentDraft, Decision, Offer, RecordOffers } from './consent-draft.ts'

const dayMs = 86_400_000
const megabyte = 1_000_000
const orderOfDecisions: readonly Decision[] = ['autonomous', 'ask', 'user', 'default']

export interface SentenceParts {
  readonly client: string
  readonly all: readonly RecordOffers[]
  readonly draft: ConsentDraft
  readonly text: Dictionary
  /** For Intl. */
  readonly languageTag: string
  /** In ms. */
  readonly now: number
}

/** What the form would allow, in plain sentences. Names of others are made visible and kept in their own direction. */
export function consentSentences({ client, all, draft, text, languageTag, now }: SentenceParts): string[] {
  const words = text.consent.sentence
  const wholes = all.filter(({ whole }) => draft.picks.has(whole))
  const singles = all.filter(({ whole }) => !draft.picks.has(whole))
  const list = new Intl.ListFormat(languageTag)
  const names = (records: readonly RecordOffers[]) =>
    list.format(records.map(({ record }) => nameOf(record.title)))
  const parts = effects.flatMap((effect) => {
    const meant = singles.filter(({ offers }) => offers.some((offer) => isPicked(offer, effect, draft)))
    if (meant.length === 0) return []
    const tools = meant.flatMap(({ offers }) => offers.filter((offer) => isPicked(offer, effect, draft)))
    return [words.part(text.consent.does[effect], names(meant), tools.length)]
  })
  if (wholes.length > 0) parts.push(words.whole(names(wholes)))
  if (parts.length === 0) return [words.nothing]
  return [
    words.may(nameOf(client), words.join(parts)),
    ...decisionSentences(all, draft, text),
    ...limitSentences(singles, wholes, draft, text, languageTag),
    words.ends(dateOf(now + draft.expiresInDays * dayMs, languageTag)),
  ]
}

function isPicked(offer: Offer, effect: Effect, { picks }: ConsentDraft): boolean {
  return offer.effect === effect && picks.has(offer.key)
}

/** Who decides, from the freest to the strictest, as far as it was chosen. */
function decisionSentences(
  all: readonly RecordOffers[],
  { picks }: ConsentDraft,
  text: Dictionary,
): string[] {
  const chosen = all.flatMap(({ offers, whole }) => {
    const decision = picks.get(whole)
    return decision === undefined ? offers.flatMap(({ key }) => picks.get(key) ?? []) : [decision]
  })
  const words = text.consent.sentence
  const say = { autonomous: words.alone, ask: words.ask, user: words.user, default: words.default }
  return orderOfDecisions.flatMap((decision) => {
    const count = chosen.filter((each) => each === decision).length
    return count === 0 ? [] : [say[decision](count, count === chosen.length)]
  })
}

function limitSentences(
  singles: readonly RecordOffers[],
  wholes: readonly RecordOffers[],
  draft: ConsentDraft,
  text: Dictionary,
  languageTag: string,
): string[] {
  const words = text.consent.sentence
  const { calls, rate, money, bytesOut } = limitsOf(draft).limits
  const number = (value: number) =>
    new Intl.NumberFormat(languageTag, { maximumFractionDigits: 6 }).format(value)
  const limits = [
    ...(calls === undefined ? [] : [words.callsLimit(calls)]),
    ...(rate === undefined ? [] : [text.mandate.rate(rate.calls, periodWord(rate.periodMs, text))]),
    ...Object.entries(money ?? {}).map(([currency, minor]) => moneyText(currency, minor, languageTag)),
    ...(bytesOut === undefined ? [] : [words.dataLimit(`${number(bytesOut / megabyte)} MB`)]),
  ]
  const pays =
    singles.some(({ offers }) => offers.some((offer) => isPicked(offer, 'pay', draft))) ||
    wholes.some(({ offers }) => offers.some((offer) => offer.effect === 'pay'))
  return [
    ...(limits.length === 0 ? [] : [words.limits(new Intl.ListFormat(languageTag).format(limits))]),
    ...(calls === undefined && rate === undefined ? [words.noLimits] : []),
    ...(pays && money === undefined ? [words.noMoney] : []),
  ]
}

export function periodWord(periodMs: number, text: Dictionary): string {
  const words: Readonly<Record<number, string>> = {
    60_000: text.mandate.periods.minute,
    3_600_000: text.mandate.periods.hour,
    86_400_000: text.mandate.periods.day,
  }
  return words[periodMs] ?? `${periodMs / 1000} s`
}

function moneyText(currency: string, minor: number, languageTag: string): string {
  const digits = exponentOf(currency)
  const form = {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  } as const
  return new Intl.NumberFormat(languageTag, form).format(minor / 10 ** digits)
}

function dateOf(at: number, languageTag: string): string {
  return new Intl.DateTimeFormat(languageTag, { dateStyle: 'long' }).format(at)
}

/** Between the marks that isolate a direction (U+2068, U+2069), so that a name cannot reorder the sentence around it. */
function nameOf(name: string): string {
  return `\u2068${visibleString(name, 50)}\u2069`
}
