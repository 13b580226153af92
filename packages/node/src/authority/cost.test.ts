import { costSchema } from '@ambit/core/leaf'
import { canonicalJson } from '@ambit/core/canonical'
import { strictestProfile } from '@ambit/core/record'
import type { MoneyOf, Profile } from '@ambit/core/record'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { amountOf, costIn, costOf, costText, oneCall } from './cost.ts'

const minor = (currency: string): MoneyOf => ({
  amount: 'amount',
  currency: { code: currency },
  unit: 'minor',
})
const major = (currency: string): MoneyOf => ({
  amount: 'amount',
  currency: { code: currency },
  unit: 'major',
})
const euros = (count: number) => ({ currency: 'EUR', minor: count })

const read: [MoneyOf, unknown, ReturnType<typeof amountOf>][] = [
  [minor('EUR'), { amount: 1999 }, euros(1999)],
  [major('EUR'), { amount: 19.99 }, euros(1999)],
  [major('EUR'), { amount: 0.1 }, euros(10)],
  [major('EUR'), { amount: 1_000_000.01 }, euros(100_000_001)],
  [major('EUR'), { amount: 0 }, euros(0)],
  [major('EUR'), { amount: -0 }, euros(0)],
  [major('JPY'), { amount: 500 }, { currency: 'JPY', minor: 500 }],
  [major('KWD'), { amount: 1.234 }, { currency: 'KWD', minor: 1234 }],
  [
    { amount: 'sum', currency: { argument: 'in' }, unit: 'major' },
    { sum: 2, in: 'VND' },
    { currency: 'VND', minor: 2 },
  ],
]

test.each(read)('%j reads %j as %j', (money, given, wanted) => {
  expect(amountOf(money, given)).toEqual(wanted)
})

const unreadable: [MoneyOf, unknown][] = [
  [major('EUR'), { amount: 19.999 }],
  [major('JPY'), { amount: 0.5 }],
  [minor('EUR'), { amount: 1.5 }],
  [minor('EUR'), { amount: -1 }],
  [major('EUR'), { amount: '19.99' }],
  [minor('EUR'), { amount: Number.NaN }],
  [minor('EUR'), { amount: Number.POSITIVE_INFINITY }],
  [minor('EUR'), { amount: 2 ** 53 }],
  [major('EUR'), { amount: 1e15 }],
  [minor('EUR'), { amount: [5] }],
  [minor('EUR'), { amount: null }],
  [minor('EUR'), {}],
  [minor('EUR'), null],
  [minor('EUR'), 'amount'],
  [{ amount: '__proto__', currency: { code: 'EUR' }, unit: 'minor' }, {}],
  [{ amount: 'toString', currency: { code: 'EUR' }, unit: 'minor' }, {}],
  ...['eur', 'EURO', 'E R', '', 5, null, 'ＥＵＲ'].map(
    (code) =>
      [
        { amount: 'amount', currency: { argument: 'currency' }, unit: 'minor' },
        { amount: 5, currency: code },
      ] as [MoneyOf, unknown],
  ),
]

test.each(unreadable)('%j cannot tell what %j moves', (money, given) => {
  expect(amountOf(money, given)).toBe('unknown')
})

test('every amount of whole minor units is read exactly, and no other', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.constantFrom('JPY', 'EUR', 'KWD', 'CLF'),
      (count, currency) => {
        const exponent = { JPY: 0, EUR: 2, KWD: 3, CLF: 4 }[currency]
        const amount = count / 10 ** exponent
        expect(amountOf(major(currency), { amount })).toEqual({ currency, minor: count })
      },
    ),
  )
})

const plain: Profile = { ...strictestProfile, effect: 'read', reversibility: 0 }
const shop = { profile: { ...plain, effect: 'pay' as const, money: major('EUR') }, accepted: true }
const asking = (capability: { profile: Profile; accepted: boolean }, given: unknown) => ({
  capability,
  arguments: given,
  argumentsText: JSON.stringify(given),
})

test('a chain without limits of money or bytes costs one call, and nothing is made for it', () => {
  expect(costOf(false, asking(shop, { amount: 5 }))).toBe(oneCall)
})

test('bytes are those of the text, money that of the profile in force', () => {
  expect(costOf(true, asking(shop, { amount: 5, to: 'é' }))).toEqual({
    calls: 1,
    bytesOut: Buffer.byteLength('{"amount":5,"to":"é"}'),
    money: euros(500),
  })
})

test('what pays and does not say how much is unknown, and so is what nobody accepted', () => {
  const pay = { profile: { ...plain, effect: 'pay' as const }, accepted: true }
  expect(costOf(true, asking(pay, {})).money).toBe('unknown')
  expect(costOf(true, asking({ ...shop, accepted: false }, { amount: 5 })).money).toBe('unknown')
  expect(costOf(true, asking({ profile: plain, accepted: true }, {})).money).toBeUndefined()
})

test('what a message includes counts too; two currencies in one are unknown', () => {
  const part = { capability: shop, arguments: { amount: 2 } }
  const yen = {
    capability: { ...shop, profile: { ...shop.profile, money: major('JPY') } },
    arguments: { amount: 2 },
  }
  const message = asking(shop, { amount: 5 })
  expect(costOf(true, { ...message, includes: [part] })).toEqual({
    calls: 2,
    bytesOut: 24,
    money: euros(700),
  })
  expect(costOf(true, { ...message, includes: [yen] }).money).toBe('unknown')
  expect(costOf(false, { ...message, includes: [part, yen] })).toEqual({ ...oneCall, calls: 3 })
})

test('the log tells a cost as it was, in canonical form', () => {
  const counts = fc.nat({ max: 1e9 })
  const money = fc.option(fc.record({ currency: fc.constantFrom('EUR', 'JPY'), minor: counts }), {
    nil: undefined,
  })
  fc.assert(
    fc.property(fc.record({ calls: counts, bytesOut: counts, money }), (cost) => {
      const text = costText(cost)
      const leaf = text === undefined ? {} : { cost: costSchema.parse(JSON.parse(text)) }
      expect(costIn(leaf)).toEqual(cost)
      if (text !== undefined) expect(canonicalJson(JSON.parse(text))).toBe(text)
    }),
  )
})
