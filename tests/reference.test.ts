import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pages } from '../scripts/reference.ts'

test.for(Object.entries(pages))('%s says what the code says', ([path, text]) => {
  const present = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
  expect(present, `${path} is out of date: npx node scripts/reference.ts`).toBe(text)
})
