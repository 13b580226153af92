import { putMcpBehindNode } from './behind-node.ts'
import { startFixture } from './fixture.ts'
import { runMcpServer } from './mcp-runner.ts'
import type { RunnerVersion } from './mcp-runner.ts'
import type { TestResult } from './results.ts'
import type { Suite } from './suite.ts'

interface ServerSuite {
  readonly name: string
  readonly version: string
  readonly runner: RunnerVersion
  /** What selects the scenarios; one run of the runner for each. */
  readonly runs: readonly (readonly string[])[]
  /** The era the fixture serves at the address that is registered, and so the era of the second hop. */
  readonly eras: 'modern' | 'legacy'
}

/** The extension io.modelcontextprotocol/tasks: what no suite of the runner holds by itself. */
const taskScenarios = [
  'lifecycle',
  'capability-negotiation',
  'wire-fields',
  'request-state-removal',
  'mrtr-input',
  'request-headers',
  'dispatch-and-envelope',
  'required-task-error',
  'mrtr-composition',
].map((name) => `tasks-${name}`)

const suites: readonly ServerSuite[] = [
  {
    name: 'mcp-2026',
    version: '2026-07-28',
    runner: '0.2',
    runs: [['--suite', 'all', '--spec-version', '2026-07-28']],
    eras: 'modern',
  },
  {
    name: 'mcp-tasks',
    version: '2026-07-28',
    runner: '0.2',
    runs: taskScenarios.map((scenario) => ['--scenario', scenario]),
    eras: 'modern',
  },
  {
    name: 'mcp-2025',
    version: '2025-11-25',
    runner: '0.2',
    runs: [['--requirements', '2025-11-25']],
    eras: 'legacy',
  },
  { name: 'mcp-0.1', version: '2025-11-25', runner: '0.1', runs: [['--suite', 'all']], eras: 'legacy' },
]

/** The suites in which the runner is the client and the fixture server stands behind the node. */
export const mcpServerSuites: readonly Suite[] = suites.map((suite) => ({
  name: suite.name,
  version: suite.version,
  // Some answers have to come within half a second.
  patient: false,
  async direct(options) {
    await using peer = await startPeer(suite)
    return await run(suite, peer.url, options.scenario)
  },
  async through(options) {
    await using peer = await startPeer(suite)
    await using behind = await putMcpBehindNode(peer.url)
    return await run(suite, `${behind.url}/mcp`, options.scenario)
  },
}))

async function startPeer({ eras }: ServerSuite) {
  return await startFixture('conformance-mcp', ['--eras', eras])
}

async function run({ runner, runs }: ServerSuite, url: string, scenario: string | undefined) {
  const chosen = scenario === undefined ? runs : [['--scenario', scenario, ...revision(runs)]]
  const all = new Map<string, TestResult>()
  for (const args of chosen) {
    for (const [test, result] of await runMcpServer(runner, ['--url', url, ...args])) all.set(test, result)
  }
  return all
}

/** The revision a suite is run in, for one scenario of it. */
function revision([args = []]: ServerSuite['runs']): readonly string[] {
  const at = args.findIndex((arg) => arg === '--spec-version' || arg === '--requirements')
  return at < 0 ? [] : ['--spec-version', args[at + 1] ?? '']
}
