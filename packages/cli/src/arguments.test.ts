import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  moneyText,
  parseAllow,
  parseChanges,
  parseDuration,
  parseHeaders,
  parseMoney,
  parseSince,
  parseValues,
  parseVersioned,
} from './arguments.ts'

test('reads what is allowed, and who decides', () => {
  expect(parseAllow('mailer/send')).toEqual({ target: 'mailer', capability: 'send' })
  expect(parseAllow('*/*=ask')).toEqual({ target: '*', capability: '*', decision: 'ask' })
  expect(parseAllow('a/b/c=d=user')).toEqual({ target: 'a', capability: 'b/c=d', decision: 'user' })
})

test('reads back every entry it could have been given', () => {
  const name = fc.stringMatching(/^[a-z0-9*][a-z0-9_.*/-]{0,20}$/)
  const decision = fc.constantFrom('autonomous', 'ask', 'user', undefined)
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]{1,20}$/), name, decision, (target, capability, who) => {
      const text = `${target}/${capability}${who === undefined ? '' : `=${who}`}`
      expect(parseAllow(text)).toEqual({ target, capability, ...(who && { decision: who }) })
    }),
  )
})

test.for(['mailer', '/send', 'mailer/', 'mailer/send=maybe', 'mailer/=ask', 'mailer/send='])(
  'refuses the entry %s',
  (text) => {
    expect(() => parseAllow(text)).toThrow(`--allow ${text}`)
  },
)

test('lengths of time are minutes, hours or days', () => {
  expect([parseDuration('15m'), parseDuration('12h'), parseDuration('30d')]).toEqual([
    900_000, 43_200_000, 2_592_000_000,
  ])
  for (const text of ['', '5', '0d', '-1d', '1.5h', '4000d', '1w'])
    expect(() => parseDuration(text)).toThrow(text)
})

test('changes are JSON or text, and may be nested', () => {
  expect(
    parseChanges(['responsible.name=Mail team', 'places=["public"]', 'responsible.contact=a=b']),
  ).toEqual({
    responsible: { name: 'Mail team', contact: 'a=b' },
    places: ['public'],
  })
  expect(() => parseChanges(['__proto__.polluted=1'])).toThrow('names no member')
  expect(() => parseChanges(['nothing'])).toThrow('not of the form')
})

test('headers and versions', () => {
  expect(parseHeaders(['Authorization: Bearer a:b'])).toEqual([
    { header: 'Authorization', value: 'Bearer a:b' },
  ])
  expect(parseVersioned('mailer@1.2.0-rc.1')).toEqual({ slug: 'mailer', version: '1.2.0-rc.1' })
  expect(parseVersioned('mailer')).toEqual({ slug: 'mailer' })
})

test('money is read as people write it, with as many digits as its currency has', () => {
  expect(parseMoney('50EUR')).toEqual({ currency: 'EUR', minor: 5000 })
  expect(parseMoney('EUR 49.9')).toEqual({ currency: 'EUR', minor: 4990 })
  expect(parseMoney('500JPY')).toEqual({ currency: 'JPY', minor: 500 })
  expect(parseMoney('1.234KWD')).toEqual({ currency: 'KWD', minor: 1234 })
  for (const text of ['50', 'EUR', '50eur', '-1EUR', '1.5JPY', '1.234EUR', '1,5EUR', '1e3EUR', '٥EUR'])
    expect(() => parseMoney(text)).toThrow(`${text} is no amount of money`)
  fc.assert(
    fc.property(fc.nat(1e9), fc.constantFrom('EUR', 'JPY', 'KWD'), (minor, currency) => {
      expect(parseMoney(moneyText({ currency, minor }))).toEqual({ currency, minor })
    }),
  )
})

test('since is how long ago, or a day', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  expect(parseSince('12h', now)).toBe('2026-11-21T00:00:00.000Z')
  expect(parseSince('2026-11-20', now)).toBe('2026-11-20T00:00:00.000Z')
  for (const text of ['', 'yesterday', '2026', '2026-13-01', '20', '5w'])
    expect(() => parseSince(text, now)).toThrow('is no')
})

test('values keep the name they are given, with all its dots', () => {
  expect([...parseValues(['a.b=1', 'to=x=y', 'to=true'], '--set')]).toEqual([
    ['a.b', [1]],
    ['to', ['x=y', true]],
  ])
  expect(() => parseValues(['to'], '--set')).toThrow('not of the form')
})
