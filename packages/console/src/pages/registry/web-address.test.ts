import { expect, test } from 'vitest'
import { webAddress } from './web-address.ts'

test('goes to pages only, never to what would run here', () => {
  expect(webAddress('https://auth.example/authorize?x=1')).toBe('https://auth.example/authorize?x=1')
  expect(() => webAddress('javascript:alert(1)')).toThrow(TypeError)
  expect(() => webAddress('data:text/html,x')).toThrow(TypeError)
  expect(() => webAddress('/registry')).toThrow(TypeError)
})
