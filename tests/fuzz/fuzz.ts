import { randomInt } from 'node:crypto'
import { runCampaign } from './campaign.ts'
import { runIdentityCampaign } from './identity-campaign.ts'

/**
 * `npm run fuzz -- mcp|a2a|acme|signature [--messages N] [--seed S] [--short] [--json]`: hostile messages to a node and from behind it.
 * Ends with 1 when the node did what no protocol allows.
 */
const longMessages = 100_000
const shortMessages = 5000
const seedsMax = 2 ** 31

const args = process.argv.slice(2)
const protocol = args.find((arg) => arg === 'mcp' || arg === 'a2a' || arg === 'acme' || arg === 'signature')
if (protocol === undefined) {
  console.error('usage: npm run fuzz -- mcp|a2a|acme|signature [--messages N] [--seed S] [--short] [--json]')
  process.exit(2)
}
const messages = numberOf('--messages') ?? (args.includes('--short') ? shortMessages : longMessages)
const seed = numberOf('--seed') ?? randomInt(seedsMax)
console.error(`seed ${seed}`)
const run = { messages, seed, progress: (line: string) => console.error(line) }
const report =
  protocol === 'acme' || protocol === 'signature'
    ? await runIdentityCampaign({ ...run, protocol })
    : await runCampaign({ ...run, protocol })
if (args.includes('--json')) console.log(JSON.stringify(report))
else console.log(report)
process.exit(report.crashes + report.leaks + report.undefinedErrors === 0 ? 0 : 1)

function numberOf(name: string): number | undefined {
  const at = args.indexOf(name)
  return at < 0 ? undefined : Number(args[at + 1])
}
