import { exponentOf } from '@ambit/core/currency'
import type { Allow, AuthorityClass, Limits } from '@ambit/core/mandate'
import { capabilityMatches, effectWithin, targetMatches } from '@ambit/core/mandate/allowed'
import type { Effect, Reversibility } from '@ambit/core/record'
import type { Consent, ConsentChoice, ConsentRecord } from '../../api/consents.ts'

/** Entries of one mandate. */
const entriesMax = 200
const bytesOfMegabyte = 1_000_000

export type Decision = AuthorityClass | 'default'

/** One thing that could be allowed: a capability of a record, perhaps with the bounds that the client itself proposed. */
export interface Offer {
  readonly key: string
  readonly entry: Allow
  readonly effect: Effect
  readonly reversibility: Reversibility
  /** The client asked for it. */
  readonly asked: boolean
}

export interface RecordOffers {
  readonly record: ConsentRecord
  readonly offers: readonly Offer[]
  /** Everything of the record, also what it adds later. */
  readonly whole: string
}

export interface MoneyRow {
  readonly currency: string
  /** As typed, in whole units. */
  readonly amount: string
}

export interface ConsentDraft {
  readonly purpose: string
  /** By the key of the offer. */
  readonly picks: ReadonlyMap<string, Decision>
  /** As typed; empty is no limit. */
  readonly callsMax: string
  readonly rateCalls: string
  readonly ratePeriodMs: number
  readonly money: readonly MoneyRow[]
  readonly megabytes: string
  readonly expiresInDays: number
}

export type ConsentField = 'purpose' | 'picks' | 'entries' | 'callsMax' | 'rateCalls' | 'money' | 'megabytes'

export type ConsentReading =
  | { readonly ok: true; readonly choice: ConsentChoice }
  | { readonly ok: false; readonly wrong: readonly ConsentField[] }

/** What a mistake could not be taken back from, or what is done in somebody's name: never ticked before the person does. */
export function isGrave({ effect, reversibility }: Pick<Offer, 'effect' | 'reversibility'>): boolean {
  return effect !== 'read' && (effect !== 'write' || reversibility === 3)
}

/** Everything that could be allowed, by record; those that the client asked for come first. */
export function offersOf({ records, suggested }: Consent): readonly RecordOffers[] {
  const all = records.map((record): RecordOffers => {
    const wishes = suggested.filter((wish) => targetMatches(wish.target, record))
    const offers = record.capabilities.flatMap((capability) => offersFor(record, capability, wishes))
    return { record, offers, whole: `${record.slug} *` }
  })
  const isAsked = ({ offers }: RecordOffers) => offers.some((offer) => offer.asked)
  return [...all.filter(isAsked), ...all.filter((each) => !isAsked(each))]
}

function offersFor(
  { slug }: ConsentRecord,
  { id, effect, reversibility }: ConsentRecord['capabilities'][number],
  wishes: readonly Allow[],
): Offer[] {
  const meant = wishes.filter(
    (wish) => capabilityMatches(wish.capability, id) && effectWithin(effect, wish.effect),
  )
  const plain = { target: slug, capability: id }
  if (meant.length === 0) return [{ key: `${slug} ${id}`, entry: plain, effect, reversibility, asked: false }]
  return meant.map((wish, at) => {
    const { decision: _theirs, ...entry } = { ...wish, ...plain }
    return { key: `${slug} ${id} ${at}`, entry, effect, reversibility, asked: true }
  })
}

/** What a client asked for that this node has nothing of. */
export function unknownWishes({ records, suggested }: Consent): readonly Allow[] {
  return suggested.filter((wish) => !records.some((record) => targetMatches(wish.target, record)))
}

/** The form as it is first shown: what was asked for is ticked unless it is grave, and nothing that was not. */
export function firstDraft(consent: Consent, all: readonly RecordOffers[], purpose: string): ConsentDraft {
  const mild = all.flatMap(({ offers }) => offers.filter((offer) => offer.asked && !isGrave(offer)))
  const { calls, rate, money = {}, bytesOut } = consent.limits
  return {
    purpose,
    // More than a mandate may hold was not chosen by anybody: then the person begins with nothing.
    picks: new Map(mild.length > entriesMax ? [] : mild.map(({ key }) => [key, 'default'])),
    callsMax: calls === undefined ? '' : String(calls),
    rateCalls: rate === undefined ? '' : String(rate.calls),
    ratePeriodMs: rate?.periodMs ?? 3_600_000,
    money: Object.entries(money).map(([currency, minor]) => ({
      currency,
      amount: (minor / 10 ** exponentOf(currency)).toFixed(exponentOf(currency)),
    })),
    megabytes: bytesOut === undefined ? '' : String(bytesOut / bytesOfMegabyte),
    expiresInDays: 30,
  }
}

/** The same picks with these offers decided so; undefined takes them away. */
export function picked(
  picks: ConsentDraft['picks'],
  keys: readonly string[],
  decision: Decision | undefined,
): ConsentDraft['picks'] {
  const next = new Map(picks)
  for (const key of keys) {
    if (decision === undefined) next.delete(key)
    else next.set(key, decision)
  }
  return next
}

/** The entries of the mandate: for a record that is allowed as a whole, only that. */
export function entriesOf(all: readonly RecordOffers[], picks: ConsentDraft['picks']): Allow[] {
  return all.flatMap(({ record, offers, whole }) => {
    const decision = picks.get(whole)
    if (decision !== undefined) return [decided({ target: record.slug, capability: '*' }, decision)]
    return offers.flatMap((offer) => {
      const chosen = picks.get(offer.key)
      return chosen === undefined ? [] : [decided(offer.entry, chosen)]
    })
  })
}

function decided(entry: Allow, decision: Decision): Allow {
  return decision === 'default' ? entry : { ...entry, decision }
}

/** The mandate that the form describes, or the fields that are not yet right. */
export function choiceOf(all: readonly RecordOffers[], draft: ConsentDraft): ConsentReading {
  const purpose = draft.purpose.trim()
  const allow = entriesOf(all, draft.picks)
  const { limits, wrong: wrongLimits } = limitsOf(draft)
  const wrong: ConsentField[] = []
  if (purpose === '') wrong.push('purpose')
  if (allow.length === 0) wrong.push('picks')
  if (allow.length > entriesMax) wrong.push('entries')
  wrong.push(...wrongLimits)
  if (wrong.length > 0) return { ok: false, wrong }
  return { ok: true, choice: { purpose, allow, limits, expiresInDays: draft.expiresInDays } }
}

/** The limits as far as they can be read, and the fields that cannot. */
export function limitsOf(draft: ConsentDraft): { limits: Limits; wrong: readonly ConsentField[] } {
  const calls = wholeNumber(draft.callsMax)
  const rate = wholeNumber(draft.rateCalls)
  const megabytes = decimal(draft.megabytes, 6)
  const money = moneyOf(draft.money)
  const wrong: ConsentField[] = []
  if (calls === 'wrong') wrong.push('callsMax')
  if (rate === 'wrong') wrong.push('rateCalls')
  if (money === 'wrong') wrong.push('money')
  if (megabytes === 'wrong') wrong.push('megabytes')
  const limits: Limits = {
    ...(typeof calls === 'number' ? { calls } : {}),
    ...(typeof rate === 'number' ? { rate: { calls: rate, periodMs: draft.ratePeriodMs } } : {}),
    ...(typeof money === 'object' ? { money } : {}),
    ...(typeof megabytes === 'number' ? { bytesOut: megabytes } : {}),
  }
  return { limits, wrong }
}

function moneyOf(rows: readonly MoneyRow[]): Record<string, number> | undefined | 'wrong' {
  const filled = rows.filter(({ amount, currency }) => amount.trim() !== '' || currency.trim() !== '')
  if (filled.length === 0) return undefined
  const money: Record<string, number> = {}
  for (const row of filled) {
    const currency = row.currency.trim().toUpperCase()
    const minor = decimal(row.amount, exponentOf(currency))
    if (!/^[A-Z]{3}$/.test(currency) || typeof minor !== 'number' || Object.hasOwn(money, currency))
      return 'wrong'
    money[currency] = minor
  }
  return money
}

function wholeNumber(typed: string): number | undefined | 'wrong' {
  const text = typed.trim()
  if (text === '') return undefined
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 'wrong'
}

/** A typed number with so many places at most, counted in its last place; read as text, because 0.1 is no binary number. */
function decimal(typed: string, places: number): number | undefined | 'wrong' {
  const text = typed.trim().replace(',', '.')
  if (text === '') return undefined
  const [, whole = '', part = ''] = /^(\d{1,9})(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === '' || part.length > places) return 'wrong'
  const value = Number(whole + part.padEnd(places, '0'))
  return value > 0 && value <= 1_000_000_000_000 ? value : 'wrong'
}
