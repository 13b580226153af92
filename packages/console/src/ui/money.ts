import { exponentOf } from '@ambit/core/currency'

const isCurrency = /^[A-Z]{3}$/

/** An amount in the reader's own form. `minor`: minor units (cents) of the currency, an ISO 4217 code. */
export function moneyText(currency: string, minor: number, tag: string): string {
  if (!isCurrency.test(currency)) return `${minor} ${currency}`
  const digits = exponentOf(currency)
  const format = new Intl.NumberFormat(tag, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return format.format(minor / 10 ** digits)
}

/** The minor units of an amount as it was typed; undefined where it is none, or is finer than the currency goes. */
export function minorUnits(typed: string, currency: string): number | undefined {
  const match = /^(\d{1,12})(?:[.,](\d+))?$/.exec(typed.trim())
  if (!isCurrency.test(currency) || match === null) return undefined
  const digits = exponentOf(currency)
  const fraction = match[2] ?? ''
  if (fraction.length > digits) return undefined
  const minor = Number(`${match[1]}${fraction.padEnd(digits, '0')}`)
  return Number.isSafeInteger(minor) ? minor : undefined
}
