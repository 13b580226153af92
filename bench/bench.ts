import { machine } from './machine.ts'

/**
 * One command for each measured promise: `npm run bench -- <name> [options] [--json]`. Each file exports
 * `run(args)`, which prints as it goes to standard error and returns what `--json` prints.
 */
const benches: Readonly<
  Record<string, () => Promise<{ run: (args: readonly string[]) => Promise<Report> }>>
> = {
  call: () => import('./call.ts'),
  recall: () => import('./recall.ts'),
  ledger: () => import('./ledger.ts'),
  streams: () => import('./streams.ts'),
  authority: () => import('./authority.ts'),
  registry: () => import('./registry.ts'),
}

export interface Report {
  /** Rows for people. */
  readonly table: readonly Readonly<Record<string, string | number>>[]
  /** What `--json` prints, exactly one object. */
  readonly json: Readonly<Record<string, unknown>>
}

const [name = '', ...args] = process.argv.slice(2)
const bench = benches[name]
if (bench === undefined) {
  console.error(`usage: npm run bench -- <${Object.keys(benches).join(' | ')}> [--json]`)
  process.exit(2)
}
const json = args.includes('--json')
const { run } = await bench()
const report = await run(args.filter((arg) => arg !== '--json'))
if (json) {
  console.log(JSON.stringify({ ...report.json, machine: machine() }))
} else {
  console.log(machine())
  console.table(report.table)
  console.log(report.json)
}
process.exit(0)
