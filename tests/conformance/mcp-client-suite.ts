import { runMcpClient } from './mcp-runner.ts'
import type { RunnerVersion } from './mcp-runner.ts'
import type { Results, TestResult } from './results.ts'
import type { Suite, SuiteOptions } from './suite.ts'

interface Group {
  readonly runner: RunnerVersion
  /** The runner of 0.1 knows one revision only and takes no other. */
  readonly version: '2025-11-25' | '2026-07-28'
  readonly scenarios: readonly string[]
}

/** Scenarios of the protocol itself. Those of signing in to a server (`auth/…`) are further groups. */
const groups: readonly Group[] = [
  {
    runner: '0.1',
    version: '2025-11-25',
    scenarios: ['initialize', 'tools_call', 'elicitation-sep1034-client-defaults', 'sse-retry'],
  },
  {
    runner: '0.2',
    version: '2025-11-25',
    scenarios: [
      'initialize',
      'tools_call',
      'elicitation-sep1034-client-defaults',
      'sse-retry',
      'json-schema-2020-12-preservation',
    ],
  },
  {
    runner: '0.2',
    version: '2026-07-28',
    scenarios: [
      'tools_call',
      'request-metadata',
      'http-standard-headers',
      'http-custom-headers',
      'http-invalid-tool-headers',
      'json-schema-ref-no-deref',
      'json-schema-2020-12-preservation',
      'sep-2322-client-request-state',
    ],
  },
]

/**
 * The suites in which the runner is the server. By itself: the official client calls it. Through the node: the same
 * client calls a node that has the runner registered, so that the requests the runner judges are those of our client,
 * the ones made to describe the server included.
 */
export const mcpClientSuite: Suite = {
  name: 'mcp-client',
  version: '2025-11-25 and 2026-07-28',
  patient: true,
  direct: async (options) => await runAll('direct', options),
  through: async (options) => await runAll('through', options),
}

async function runAll(way: 'direct' | 'through', { scenario: only }: SuiteOptions): Promise<Results> {
  const all = new Map<string, TestResult>()
  for (const { runner, version, scenarios } of groups) {
    for (const scenario of scenarios.filter((name) => only === undefined || name === only)) {
      const results = await runMcpClient(runner, scenario, version, way)
      for (const [test, result] of results) all.set(`${runner} ${version} ${test}`, result)
    }
  }
  return all
}
