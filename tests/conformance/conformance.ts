import { parseArgs } from 'node:util'
import { a2aSuites } from './a2a-suites.ts'
import { mcpClientSuite } from './mcp-client-suite.ts'
import { mcpServerSuites } from './mcp-server-suites.ts'
import { absentReport } from './results.ts'
import type { SuiteReport } from './results.ts'
import { runSuite } from './suite.ts'
import type { Suite } from './suite.ts'

/*
 * `npm run conformance -- <suite | all> [--json] [--short] [--scenario NAME]`: runs a suite against its peer by itself
 * and again through a node, and says what was lost on the way. Ends with 1 when something was.
 */

const suites: readonly Suite[] = [...mcpServerSuites, mcpClientSuite, ...a2aSuites]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    scenario: { type: 'string' },
  },
})
const [name = ''] = positionals
const chosen = suites.filter((suite) => name === 'all' || suite.name === name)
if (chosen.length === 0) {
  console.error(
    `usage: npm run conformance -- <${[...suites.map((suite) => suite.name), 'all'].join(' | ')}> [--json] [--short] [--scenario NAME]`,
  )
  process.exit(2)
}

// What was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const reports: SuiteReport[] = []
for (const suite of chosen) reports.push(await report(suite, values))
const lost = reports.reduce((sum, each) => sum + each.lost, 0)
if (values.json) console.log(JSON.stringify({ lost, suites: reports }))
else print()
process.exit(lost === 0 ? 0 : 1)

async function report(
  suite: Suite,
  { scenario, short }: { scenario?: string; short: boolean },
): Promise<SuiteReport> {
  const why = await suite.absence?.()
  if (why !== undefined) {
    console.error(`${suite.name}: skipped, ${why}`)
    return absentReport(suite.name, suite.version, why)
  }
  console.error(`${suite.name}: the peer by itself, and through the node`)
  return await runSuite(suite, { scenario, short })
}

function print(): void {
  console.table(
    reports.map(({ suite, version, direct, passed, failed, skipped, lost }) => ({
      suite,
      version,
      'passed by itself': direct.passed,
      passed,
      failed,
      skipped,
      lost,
    })),
  )
  for (const { suite, failures } of reports) {
    for (const { test, message } of failures) console.log(`${suite} lost ${test}: ${message}`)
  }
}
