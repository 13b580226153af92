import { recordSchema } from '@ambit/core/record'
import { expect, test } from 'vitest'
import { nextVersion, slugFrom, versionFrom } from './naming.ts'

test('makes a slug from a name, or from the next text that has Latin letters', () => {
  expect(slugFrom('Café Weather (v2)!')).toBe('cafe-weather-v2')
  expect(slugFrom('天气助手', 'weather.example.com')).toBe('weather-example-com')
  expect(recordSchema.shape.slug.safeParse(slugFrom(`${'a'.repeat(62)}-b-c`)).success).toBe(true)
  expect(() => slugFrom('天气', '！')).toThrow('record.invalid')
})

test('makes the next version that is free', () => {
  expect(nextVersion('1.4.2', new Set(['1.4.2']))).toBe('1.4.3')
  expect(nextVersion('1.4.2', new Set(['1.4.2', '1.4.3']))).toBe('1.4.4')
  expect(nextVersion('2.0.0-rc.1', new Set(['2.0.0-rc.1']))).toBe('2.0.0')
})

test('reads a version from what an agent says', () => {
  expect(versionFrom('v2.1')).toBe('2.1.0')
  expect(versionFrom('1.2.3-beta.1')).toBe('1.2.3-beta.1')
  expect(versionFrom('latest; drop table')).toBe('1.0.0')
  expect(versionFrom(undefined)).toBe('1.0.0')
})
