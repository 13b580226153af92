import { randomInt } from 'node:crypto'
import { lanes, runChaos } from './ledger/campaign.ts'

/**
 * `npm run chaos -- ledger [--lane NAME]… [--rounds N] [--seed S] [--short] [--json]`: kills, cuts, flips, fills and steps, and looks
 * whether anything acknowledged is gone or anything damaged goes unnoticed. Ends with 1 where it is.
 */
const seedsMax = 2 ** 31
const args = process.argv.slice(2)
if (args[0] !== 'ledger') {
  console.error(
    `usage: npm run chaos -- ledger [--lane ${Object.keys(lanes).join('|')}]… [--rounds N] [--seed S] [--short] [--json]`,
  )
  process.exit(2)
}
const chosen = args.flatMap((arg, at) => (arg === '--lane' ? [args[at + 1] ?? ''] : []))
const seedAt = args.indexOf('--seed')
const roundsAt = args.indexOf('--rounds')
const report = await runChaos({
  lanes: chosen.length === 0 ? Object.keys(lanes) : chosen,
  short: args.includes('--short'),
  seed: seedAt < 0 ? randomInt(seedsMax) : Number(args[seedAt + 1]),
  ...(roundsAt < 0 ? {} : { rounds: Number(args[roundsAt + 1]) }),
  progress: (text) => console.error(text),
})
if (args.includes('--json')) console.log(JSON.stringify(report))
else {
  console.table(report.lanes, ['rounds', 'acknowledged', 'lost', 'corrupted', 'seconds'])
  for (const { findings } of Object.values(report.lanes)) for (const finding of findings) console.log(finding)
  console.log(`lost ${report.lost}, corrupted ${report.corrupted}, seed ${report.seed}`)
}
process.exit(report.lost + report.corrupted === 0 ? 0 : 1)
