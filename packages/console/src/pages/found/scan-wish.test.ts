import { expect, test } from 'vitest'
import { wishOf } from './scan-wish.ts'

test('what is left empty is left out', () => {
  expect(wishOf('', ' ')).toEqual({})
})

test('commas and spaces separate, and what is no port is none', () => {
  expect(wishOf('10.0.0.0/24, ::1，127.0.0.1', '8000 9000,x,-1')).toEqual({
    networks: ['10.0.0.0/24', '::1', '127.0.0.1'],
    ports: [8000, 9000, 0, 0],
  })
})
