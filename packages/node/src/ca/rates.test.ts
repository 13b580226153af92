import { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createRates } from './rates.ts'

test('slow bodies of one sender keep nobody else out, and are let go of when they are over', () => {
  const clock = handClock()
  const rates = createRates(clock)
  const held = Array.from({ length: 32 }, () => rates.enter('192.0.2.1', true))
  expect(() => rates.enter('192.0.2.1', true)).toThrow(Fault)
  rates.enter('192.0.2.2', true)()
  // Lists are read all the same.
  rates.enter('192.0.2.1', false)()
  held[0]!()
  rates.enter('192.0.2.1', true)()
})

test('whoever changes its address within a network of IPv6 is asked to wait all the same', () => {
  const rates = createRates(handClock())
  expect(() => {
    for (let at = 0; at < 200; at++) rates.enter(`2001:db8::${at.toString(16)}`, false)()
  }).toThrow(Fault)
})
