import { exponentOf } from '@ambit/core/currency'
import type { MoneyOf, Profile } from '@ambit/core/record'
import type { IntentLeaf } from '@ambit/core/leaf'
import type { Cost } from './authority.ts'

/** What an act asks of its targets, as far as its cost is read from it. */
export interface Spending extends SpendingPart {
  /** The JSON text of the arguments, as it is sent. */
  readonly argumentsText: string
  readonly includes?: readonly SpendingPart[]
}

export interface SpendingPart {
  readonly capability: { readonly profile: Profile; readonly accepted: boolean }
  readonly arguments: unknown
}

/** Most acts: chains without limits of money and bytes look at nothing else, and all of them share this one. */
export const oneCall: Cost = { calls: 1, bytesOut: 0, money: undefined }

/** The cost of an act under a chain; `weighed`: a link limits money or bytes. What a message includes counts too. */
export function costOf(weighed: boolean, spending: Spending): Cost {
  const { includes } = spending
  if (!weighed && includes === undefined) return oneCall
  const calls = 1 + (includes?.length ?? 0)
  if (!weighed) return { calls, bytesOut: 0, money: undefined }
  let bytesOut = Buffer.byteLength(spending.argumentsText)
  let money = moneyOfPart(spending)
  for (const part of includes ?? []) {
    bytesOut += Buffer.byteLength(JSON.stringify(part.arguments ?? null))
    money = sum(money, moneyOfPart(part))
  }
  return { calls, bytesOut, money }
}

/** A profile that nobody has accepted says nothing: what it moves is unknown. */
export function moneyOfPart({ capability, arguments: given }: SpendingPart): Cost['money'] {
  const { profile, accepted } = capability
  if (!accepted) return 'unknown'
  if (profile.money === undefined) return profile.effect === 'pay' ? 'unknown' : undefined
  return amountOf(profile.money, given)
}

/** One act moves one currency: two in one message are more than its cost can say. */
function sum(left: Cost['money'], right: Cost['money']): Cost['money'] {
  if (left === undefined) return right
  if (right === undefined) return left
  if (left === 'unknown' || right === 'unknown' || left.currency !== right.currency) return 'unknown'
  return { currency: left.currency, minor: left.minor + right.minor }
}

/**
 * The amount that arguments name, in minor units of its currency (ISO 4217); `unknown` unless it is a number that is
 * finite, not negative and a whole number of minor units, and the currency a code of three capital letters.
 */
export function amountOf(
  { amount, currency, unit }: MoneyOf,
  given: unknown,
): Exclude<Cost['money'], undefined> {
  const value = memberOf(given, amount)
  const code = 'code' in currency ? currency.code : memberOf(given, currency.argument)
  if (typeof value !== 'number' || typeof code !== 'string' || !/^[A-Z]{3}$/.test(code)) return 'unknown'
  const factor = unit === 'minor' ? 1 : 10 ** exponentOf(code)
  const minor = Math.round(value * factor)
  // 19.99 is no sum of powers of two: it is 1999 cents if 1999 cents are 19.99 again.
  if (!Number.isSafeInteger(minor) || minor < 0 || minor / factor !== value) return 'unknown'
  return { currency: code, minor: Math.abs(minor) }
}

function memberOf(given: unknown, name: string): unknown {
  if (typeof given !== 'object' || given === null || !Object.hasOwn(given, name)) return undefined
  return (given as Readonly<Record<string, unknown>>)[name]
}

/** As the intent leaf has it, in canonical form (RFC 8785): a restart reads it from there. Undefined for one call. */
export function costText({ calls, bytesOut, money }: Cost): string | undefined {
  if (calls === 1 && bytesOut === 0 && money === undefined) return undefined
  const more = calls === 1 ? '' : `,"calls":${calls}`
  const known = money === undefined || money === 'unknown' ? undefined : money
  const moved = known && `,"money":{"currency":"${known.currency}","minor":${known.minor}}`
  return `{"bytesOut":${bytesOut}${more}${moved ?? ''}}`
}

/** The cost that an intent leaf tells of. */
export function costIn({ cost }: Pick<IntentLeaf, 'cost'>): Cost {
  if (cost === undefined) return oneCall
  return { calls: cost.calls ?? 1, bytesOut: cost.bytesOut ?? 0, money: cost.money }
}
