import { expect, test } from 'vitest'
import { isLocalLink } from './local-link.ts'

test('tells links that only this machine can open', () => {
  for (const host of ['localhost:7100', '127.0.0.1:7100', '[::1]:7100', 'ambit.localhost']) {
    expect(isLocalLink(`http://${host}/sign-in?token=x`), host).toBe(true)
  }
  for (const host of ['ambit.example', '10.0.0.4:7100', 'localhost.example', '[fd00::1]']) {
    expect(isLocalLink(`https://${host}/sign-in?token=x`), host).toBe(false)
  }
  expect(isLocalLink('no link')).toBe(false)
})
