import { assert, integer, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { addressesMax, addressesOf } from './networks.ts'

const own = ['10.0.0.0/16', '192.168.7.0/24', '192.168.10.0/24', 'fd00:7::/64', 'fd00:8::1']

test.each([
  [
    ['127.0.0.1', '::1'],
    ['127.0.0.1', '::1'],
  ],
  [['10.0.3.8/30'], ['10.0.3.9', '10.0.3.10']],
  [
    ['10.0.3.9/30', '10.0.3.9'],
    ['10.0.3.9', '10.0.3.10'],
  ],
  [['10.0.3.8/31'], ['10.0.3.8', '10.0.3.9']],
  [['127.0.0.0/30'], ['127.0.0.0', '127.0.0.1', '127.0.0.2', '127.0.0.3']],
  [
    ['fd00:7::5', 'fd00:8::1/128'],
    ['fd00:7::5', 'fd00:8::1'],
  ],
] as const)('%j are %j', (networks, addresses) => {
  expect(addressesOf(networks, own)).toEqual(addresses)
})

test.each([
  ['8.8.8.8', 'scan.network'],
  ['10.1.0.0/24', 'scan.network'],
  ['192.168.6.0/23', 'scan.network'],
  ['192.168.7.0/23', 'scan.network'],
  ['192.168.10.0/23', 'scan.network'],
  ['fd00:9::1', 'scan.network'],
  ['0.0.0.0', 'scan.network'],
  ['10.0.0.0/19', 'scan.too-large'],
  ['10.0.0.0/0', 'scan.too-large'],
  ['fd00:7::/120', 'scan.too-large'],
  ['::ffff:127.0.0.1', 'input.invalid'],
  ['::ffff:7f00:1', 'scan.network'],
  ['::127.0.0.1', 'input.invalid'],
  ['fe80::1%eth0', 'input.invalid'],
  ['localhost', 'input.invalid'],
  ['10.0.0.0/24/24', 'input.invalid'],
  ['10.0.0.0/-1', 'input.invalid'],
  ['10.0.0.0/33', 'input.invalid'],
  ['010.0.0.1', 'input.invalid'],
])('%s is refused as %s', (network, code) => {
  expect(() => addressesOf([network], own)).toThrow(expect.objectContaining({ code, where: 'networks.0' }))
})

test('several networks are too many together', () => {
  const networks = ['10.0.0.0/20', '10.0.16.0/20']
  expect(addressesOf(networks.slice(0, 1), own)).toHaveLength(addressesMax - 2)
  expect(() => addressesOf(networks, own)).toThrow(expect.objectContaining({ code: 'scan.too-large' }))
})

test('what is nobody’s is never tried, even where it was permitted', () => {
  const all = ['224.0.0.0/4', '169.254.0.0/16', 'ff00::/8']
  expect(addressesOf(['224.0.0.5', 'ff02::1', '169.254.169.254'], all)).toEqual([])
  expect(addressesOf(['169.254.169.252/30'], all)).toEqual(['169.254.169.253'])
})

test('no address outside of what is permitted comes out, whatever was asked for', () => {
  const part = integer({ min: 0, max: 255 })
  const network = tuple(part, part, part, part, integer({ min: 20, max: 32 }))
  assert(
    property(network, ([a, b, c, d, bits]) => {
      let addresses: readonly string[] = []
      try {
        addresses = addressesOf([`${a}.${b}.${c}.${d}/${bits}`], own)
      } catch {
        // Refused.
      }
      expect(addresses.filter((each) => !/^(127\.|10\.0\.|192\.168\.(7|10)\.)/.test(each))).toEqual([])
    }),
  )
})
