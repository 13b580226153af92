/** What one test of a suite came to; `message` says why it did not pass. */
export interface TestResult {
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly message?: string
}

/** By the name of the test: `scenario/check` of the MCP runner, the node id of pytest. */
export type Results = ReadonlyMap<string, TestResult>

export interface Loss {
  readonly test: string
  readonly message: string
}

export interface SuiteReport extends Counts {
  readonly suite: string
  /** Of the protocol or of the suite, as its makers number it. */
  readonly version: string
  /** What the peer reaches by itself. */
  readonly direct: Counts
  /** How many tests pass on the peer and do not pass through the node. */
  readonly lost: number
  readonly failures: readonly Loss[]
  /** Why the suite could not run here; then all counts are 0. */
  readonly absent?: string
}

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Compares the peer by itself with the peer behind the node; the first counts of a report are the node's. */
export function compare(suite: string, version: string, direct: Results, through: Results): SuiteReport {
  const failures: Loss[] = []
  for (const [test, { status }] of direct) {
    const here = through.get(test)
    if (status !== 'passed' || here?.status === 'passed') continue
    failures.push({ test, message: here?.message ?? notRun(test, through) })
  }
  return { suite, version, ...count(through), lost: failures.length, direct: count(direct), failures }
}

/** Where a scenario broke off before this test, what else failed in it says why. */
function notRun(test: string, through: Results): string {
  const scenario = test.slice(0, test.indexOf('/') + 1)
  const told =
    scenario === ''
      ? undefined
      : [...through].find(([name, { status }]) => name.startsWith(scenario) && status === 'failed')
  return `not run through the node${told === undefined ? '' : `; ${told[0]}: ${told[1].message}`}`
}

/** A suite that this machine has no parts for. */
export function absentReport(suite: string, version: string, why: string): SuiteReport {
  const none = { passed: 0, failed: 0, skipped: 0 }
  return { suite, version, ...none, lost: 0, direct: none, failures: [], absent: why }
}

export function count(results: Results): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const { status } of results.values()) counts[status] += 1
  return counts
}
