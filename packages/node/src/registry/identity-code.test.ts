import { aicChecksumHolds, parseAic } from '@ambit/core/id/aic'
import { handClock } from '@ambit/testkit/clock'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKeyring } from '../kernel/keyring.ts'
import { issueIdentityCode } from './identity-code.ts'

test('every code is an entity of ten arcs that only this node could have issued', () => {
  const clock = handClock()
  const keyring = createKeyring(clock.random(32), clock)
  const other = createKeyring(clock.random(32), clock)
  const salt = keyring.derive('registry.aic-salt')
  let foreign = 0
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 36 ** 6 - 1 }), (organization, serial) => {
      const aic = parseAic(issueIdentityCode(organization, serial, keyring, clock))
      expect(aic).toMatchObject({ profile: 'acps', registrar: '000001', isOntology: false })
      expect(Number.parseInt(aic!.ontology, 36)).toBe(serial)
      expect(aicChecksumHolds(aic!, salt)).toBe(true)
      if (aicChecksumHolds(aic!, other.derive('registry.aic-salt'))) foreign += 1
    }),
  )
  expect(foreign).toBeLessThan(5)
})

test('one organisation is one provider', () => {
  const clock = handClock()
  const keyring = createKeyring(clock.random(32), clock)
  const providers = ['main', 'main', 'other'].map(
    (name, at) => parseAic(issueIdentityCode(name, at + 1, keyring, clock))?.provider,
  )
  expect(providers[0]).toBe(providers[1])
  expect(providers[2]).not.toBe(providers[0])
  expect(() => issueIdentityCode('main', 36 ** 6, keyring, clock)).toThrow(RangeError)
})
