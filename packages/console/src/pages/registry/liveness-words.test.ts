import { expect, test } from 'vitest'
import { onAxis, percent } from './liveness-words.ts'

test('what is not whole is not 100 %', () => {
  expect([percent(1), percent(0.99999), percent(0.5), percent(0)]).toEqual(['100 %', '99.9 %', '50 %', '0 %'])
})

test('latencies stand on one axis, whatever they are', () => {
  expect([0, 1, 100, 10_000, 90_000].map((ms) => Math.round(onAxis(ms)))).toEqual([0, 0, 50, 100, 100])
})
