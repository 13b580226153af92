import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contracts } from '../scripts/contracts.ts'

test('the contracts say what the code says', async () => {
  for (const [path, text] of Object.entries(await contracts())) {
    const present = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
    expect(present === text, `${path} is out of date: npx node scripts/contracts.ts`).toBe(true)
  }
})
