import { expect, test } from 'vitest'
import { safePath } from './safe-path.ts'

test('goes on to pages of this site', () => {
  expect(safePath('/approvals/apr_1')).toBe('/approvals/apr_1')
  expect(safePath('/registry?q=mail&state=active')).toBe('/registry?q=mail&state=active')
})

test('goes nowhere else', () => {
  for (const path of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '',
    7,
    '/\t/x',
  ]) {
    expect(safePath(path)).toBeUndefined()
  }
  expect(safePath(`/${'a'.repeat(600)}`)).toBeUndefined()
})
