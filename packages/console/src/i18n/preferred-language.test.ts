import { expect, test } from 'vitest'
import { preferredLanguage } from './preferred-language.ts'

test('takes the first language of the browser that the console speaks', () => {
  expect(preferredLanguage(['fr-FR', 'zh-Hans-CN', 'en'])).toBe('zh')
  expect(preferredLanguage(['EN-us', 'zh'])).toBe('en')
  expect(preferredLanguage(['fr', 'zhx'])).toBe('en')
  expect(preferredLanguage([])).toBe('en')
})
