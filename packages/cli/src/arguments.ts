import type { Allow } from '@ambit/core/mandate'
import type { Effect } from '@ambit/core/record'
import { Refusal } from './refusal.ts'

/** In the order of how grave they are. */
export const effects = ['read', 'write', 'egress', 'pay', 'identity', 'physical'] as const satisfies Effect[]
const authorityClasses = ['autonomous', 'ask', 'user'] as const

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
/** Ten years; nobody means more, and dates stay dates. */
const durationMsMax = 3650 * units.d

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** `mailer/send=ask`: the agent or server, what of it, and who decides (autonomous, ask or user; left out: the node's default). */
export function parseAllow(text: string): Allow {
  const slash = text.indexOf('/')
  if (slash <= 0 || slash === text.length - 1) {
    throw new Refusal(
      `--allow ${text} names no capability`,
      'Write `<record>/<capability>`, e.g. `mailer/send=ask` or `files/*`.',
    )
  }
  const target = text.slice(0, slash)
  const rest = text.slice(slash + 1)
  const equals = rest.lastIndexOf('=')
  if (equals < 0) return { target, capability: rest }
  const decision = authorityClasses.find((each) => each === rest.slice(equals + 1))
  if (decision === undefined || equals === 0) {
    throw new Refusal(
      `--allow ${text} names no decision that exists`,
      'After `=` comes autonomous, ask or user; leave it out for the default of the node.',
    )
  }
  return { target, capability: rest.slice(0, equals), decision }
}

/** `30d`, `12h`, `15m` in milliseconds. */
export function parseDuration(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const ms = Number(amount) * units[unit as keyof typeof units]
  if (amount === '' || ms <= 0 || ms > durationMsMax) {
    throw new Refusal(`${text} is no length of time`, 'Write minutes, hours or days: `15m`, `12h`, `30d`.')
  }
  return ms
}

/** `30d` as a number of days. */
export function parseDays(text: string): number {
  const days = parseDuration(text) / units.d
  if (Number.isInteger(days)) return days
  throw new Refusal(`${text} is no number of days`, 'It is counted in days: `30d`.')
}

/** `50EUR` or `EUR 49.90` in minor units (cents), with as many digits after the point as ISO 4217 gives the currency. */
export function parseMoney(text: string): { currency: string; minor: number } {
  const [, amount = '', currency = ''] =
    /^(\d{1,10}(?:\.\d{1,4})?) ?([A-Z]{3})$/.exec(text.replace(/^([A-Z]{3}) ?(.*)$/, '$2 $1')) ?? []
  const digits = currency === '' ? 0 : fractionDigits(currency)
  const [whole = '', fraction = ''] = amount.split('.')
  if (amount === '' || fraction.length > digits) {
    throw new Refusal(
      `${text} is no amount of money`,
      'Write the amount and the currency: `50EUR`, `49.90USD`.',
    )
  }
  return { currency, minor: Number(whole) * 10 ** digits + Number(fraction.padEnd(digits, '0')) }
}

/** An amount in minor units as people write it: `50.00 EUR`. */
export function moneyText({
  currency,
  minor,
}: {
  readonly currency: string
  readonly minor: number
}): string {
  const digits = fractionDigits(currency)
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency}`
}

function fractionDigits(currency: string): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.resolvedOptions().maximumFractionDigits ?? 2
}

/** `1d` ago, or a time as RFC 3339 or its day has it; in RFC 3339. */
export function parseSince(text: string, now: number): string {
  if (/^\d+[mhd]$/.test(text)) return new Date(now - parseDuration(text)).toISOString()
  const time = /^\d{4}-\d\d-\d\d(T.+)?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) {
    throw new Refusal(`${text} is no time`, 'Write how long ago (`12h`, `7d`) or a day (`2026-11-20`).')
  }
  return new Date(time).toISOString()
}

export function parseCount(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Refusal(`${text} is no count`, 'Write a whole number.')
  return Number(text)
}

/** `NAME=value` pairs as an object. */
export function parseEnvironment(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs.map((pair) => splitPair(pair, '=', '--env NAME=value')))
}

/** `Name: value` headers. */
export function parseHeaders(pairs: readonly string[]): { header: string; value: string }[] {
  return pairs.map((pair) => {
    const [header, value] = splitPair(pair, ':', '--header "Name: value"')
    return { header, value: value.trim() }
  })
}

/** `provider.contact=a@b` as nested members; a value that is JSON is taken as JSON, any other as text. */
export function parseChanges(pairs: readonly string[]): Readonly<Record<string, unknown>> {
  const changes: Record<string, unknown> = {}
  for (const pair of pairs) {
    const [name, text] = splitPair(pair, '=', '--set name=value')
    const names = name.split('.')
    if (names.some((each) => each === '' || each === '__proto__')) {
      throw new Refusal(`${name} names no member`, 'Write `name=value` or `name.member=value`.')
    }
    let at = changes
    for (const each of names.slice(0, -1)) {
      const inner = at[each]
      const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
      at[each] = next
      at = next
    }
    at[names.at(-1) ?? ''] = jsonOrText(text)
  }
  return changes
}

/** `NAME=value` pairs, each with all its values in order: JSON as JSON, any other as text. A name may hold dots. */
export function parseValues(
  pairs: readonly string[],
  option: string,
): ReadonlyMap<string, readonly unknown[]> {
  const values = new Map<string, readonly unknown[]>()
  for (const pair of pairs) {
    const [name, text] = splitPair(pair, '=', `${option} name=value`)
    values.set(name, [...(values.get(name) ?? []), jsonOrText(text)])
  }
  return values
}

/** `mailer@1.2.0`: a record and one of its versions. */
export function parseVersioned(text: string): { slug: string; version?: string } {
  const at = text.indexOf('@')
  return at < 0 ? { slug: text } : { slug: text.slice(0, at), version: text.slice(at + 1) }
}

function splitPair(pair: string, separator: string, form: string): [string, string] {
  const at = pair.indexOf(separator)
  if (at <= 0) throw new Refusal(`${pair} is not of the form asked for`, `Write ${form}.`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Most values are plain words.
    return text
  }
}
