import { expect, test } from 'vitest'
import { senderOf } from './sender.ts'

test('an IPv6 network of 64 bits is one sender, however many addresses it has', () => {
  expect(senderOf('2001:db8::1')).toBe(senderOf('2001:db8:0:0:ffff::9'))
  expect(senderOf('2001:db8::1')).not.toBe(senderOf('2001:db8:0:1::1'))
  expect(senderOf('::ffff:192.0.2.1')).not.toBe(senderOf('::ffff:192.0.2.2'))
  expect(senderOf('192.0.2.1')).toBe('192.0.2.1')
  expect(senderOf('fe80::1%eth0')).toBe('fe80::1%eth0')
  expect(senderOf(undefined)).toBe('')
})
