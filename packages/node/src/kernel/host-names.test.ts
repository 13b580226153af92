import { expect, test } from 'vitest'
import { createHostNames } from './host-names.ts'

const names = createHostNames(['Ambit.example', '2001:db8::1'])

test('knows its own names with and without a port, in any case', () => {
  for (const host of [
    'localhost',
    'LOCALHOST:7100',
    '127.0.0.1:7100',
    '[::1]:7100',
    'ambit.example',
    'ambit.EXAMPLE:443',
    '[2001:db8::1]:7100',
  ])
    expect(names.knowsHost(host), host).toBe(true)
})

test('refuses every other name and every malformed one', () => {
  for (const host of [
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    'evil.example:7100',
    'localhost:7100:80',
    'localhost@evil.example',
    'evil.example#localhost',
    'localhost/',
    'localhost.',
    '127.0.0.2',
    '::1',
    '[::1',
    'localhost:',
    ' localhost',
    'a'.repeat(10_000),
  ])
    expect(names.knowsHost(host), host).toBe(false)
})

test('knows an origin by its host, and never null or another scheme', () => {
  expect(names.knowsOrigin('http://localhost:7100')).toBe(true)
  expect(names.knowsOrigin('https://ambit.example')).toBe(true)
  for (const origin of [
    'null',
    'https://evil.example',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
    'file://localhost',
    'http://localhost/path',
    'http://',
  ])
    expect(names.knowsOrigin(origin), origin).toBe(false)
})

test('lets addresses pass where that is asked for, but no names', () => {
  const probes = createHostNames([], true)
  expect(probes.knowsHost('10.1.2.3:7103')).toBe(true)
  expect(probes.knowsHost('[fd00::1]:7103')).toBe(true)
  expect(probes.knowsHost('evil.example')).toBe(false)
  expect(probes.knowsHost('999.1.1.1')).toBe(false)
})
