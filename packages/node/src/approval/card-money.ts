import { exponentOf } from '@ambit/core/currency'
import type { MoneyOf } from '@ambit/core/record'
import { amountOf } from '../authority/authority.ts'

/** The money of a call as a person reads it; `unknown` where its profile says that there is some and not how much. */
export interface CardAmount {
  /** ISO 4217; left out: it cannot be read. */
  readonly currency?: string
  /** `12.50 EUR`; left out: it cannot be read. */
  readonly text?: string
  readonly unknown: boolean
}

const unreadable: CardAmount = { unknown: true }

/** The amount that the budgets count, as a person reads it: what is not plainly one is said to be unknown, never guessed. */
export function cardAmount(money: MoneyOf, values: Readonly<Record<string, unknown>>): CardAmount {
  const amount = amountOf(money, values)
  if (amount === 'unknown') return unreadable
  const { currency, minor } = amount
  const digits = exponentOf(currency)
  const padded = String(minor).padStart(digits + 1, '0')
  const whole = padded.slice(0, padded.length - digits)
  const fraction = digits === 0 ? '' : `.${padded.slice(padded.length - digits)}`
  return { currency, text: `${whole}${fraction} ${currency}`, unknown: false }
}
