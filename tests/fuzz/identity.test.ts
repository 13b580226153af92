import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { runIdentityCampaign } from './identity-campaign.ts'
import { nothingFound } from './short-run.ts'

test.each(['acme', 'signature'] as const)(
  'hostile messages of %s crash nothing, let nobody in who is another, and are refused by name',
  async (protocol) => {
    for (const seed of [1, randomInt(2 ** 31)]) {
      console.info(`${protocol}: seed ${seed}`)
      const report = await runIdentityCampaign({ protocol, messages: 1500, seed })
      expect(report, JSON.stringify(report, undefined, 2)).toMatchObject(nothingFound)
    }
  },
)
