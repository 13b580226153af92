import { readPrefix } from '@ambit/core/id/address'
import { expect, test } from 'vitest'
import { listeningAt } from './listening-at.ts'

const reading = readPrefix('2001:db8:a9e::/64')
const prefix = reading.ok ? reading.prefix : undefined

test('without a prefix everything is as the operator named it', () => {
  expect(listeningAt(['127.0.0.1', '::1'], undefined)).toEqual({
    addresses: ['127.0.0.1', '::1'],
    admits: undefined,
  })
})

test('with one the node listens at ::, and takes what came to a named address or to the prefix', () => {
  const { addresses, admits } = listeningAt(['127.0.0.1', '::1', 'FE80:0::1%eth0'], prefix)
  expect(addresses).toEqual(['127.0.0.1', '::'])
  const taken = (address: string | undefined) => admits?.(address)
  for (const address of [
    '127.0.0.1',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    '2001:db8:a9e::1',
    '2001:db8:a9e:0:ffff::2',
  ])
    expect(taken(address), address).toBe(true)
  // Another address of the machine, of which nobody said that the node is there.
  for (const address of ['2001:db8:a9f::1', 'fd00::1', '::', undefined])
    expect(taken(address), address).toBe(false)
})

test('an operator who named :: gets all of it', () => {
  expect(listeningAt(['0.0.0.0', '::'], prefix)).toEqual({ addresses: ['0.0.0.0', '::'], admits: undefined })
})
