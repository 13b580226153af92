import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { lanes, runChaos } from './ledger/campaign.ts'

/* The short form of `npm run chaos -- ledger`: each fault for a few seconds, with a seed nobody has tried. */
test.each(Object.keys(lanes))('the log stands %s', { timeout: 120_000 }, async (lane) => {
  const seed = randomInt(2 ** 31)
  const report = await runChaos({ lanes: [lane], short: true, seed, progress: () => undefined })
  const tally = report.lanes[lane]!
  if (tally.skipped !== undefined) {
    console.info(`skipped: ${lane}: ${tally.skipped}`)
    return
  }
  console.info(`${lane}: seed ${seed}, ${tally.rounds} rounds, ${tally.acknowledged} entries acknowledged`)
  expect(tally.findings).toEqual([])
  expect([tally.lost, tally.corrupted]).toEqual([0, 0])
  expect(tally.rounds).toBeGreaterThan(0)
  expect(tally.acknowledged).toBeGreaterThan(0)
})
