import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { interleave } from './interleaving-fixture.ts'

const runs = 100_000
const seed = 20_261_121

test(
  'a hundred thousand interleavings: no budget is exceeded, and none leaks',
  { timeout: 600_000 },
  async () => {
    const { spending, acts } = await interleave(runs, seed, () => handClock())
    console.log(`budgets: ${runs} interleavings with ${acts} acts, spending in ${spending}; seed ${seed}`)
    expect(spending).toBeGreaterThan(runs / 2)
  },
)
