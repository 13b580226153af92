import { expect, test } from 'vitest'
import { nothingFound, shortRun } from './short-run.ts'

test.each(['fixed', 'random'] as const)(
  'hostile messages of A2A crash nothing, leak nothing and get errors of the protocol (%s seed)',
  async (kind) => {
    const report = await shortRun('a2a', kind)
    expect(report, JSON.stringify(report, undefined, 2)).toMatchObject(nothingFound)
  },
)
