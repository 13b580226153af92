import { randomInt } from 'node:crypto'
import { runCampaign } from './campaign.ts'
import type { CampaignReport } from './campaign.ts'
import type { Protocol } from './bed.ts'

/** Seconds on two cores, the start of the node included. */
const messages = 4000

/** The short form: one seed that is always the same, and one that nobody has tried; its number is printed. */
export async function shortRun(protocol: Protocol, kind: 'fixed' | 'random'): Promise<CampaignReport> {
  const seed = kind === 'fixed' ? 1 : randomInt(2 ** 31)
  console.info(`${protocol}: seed ${seed}`)
  return await runCampaign({ protocol, messages, seed })
}

/** What a node gives that stands against all of it. */
export const nothingFound = { crashes: 0, leaks: 0, undefinedErrors: 0 } as const
