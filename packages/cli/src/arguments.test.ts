import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAllow, parseChanges, parseDuration, parseHeaders, parseVersioned } from './arguments.ts'

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
