import { putMcpBehindNode } from './behind-node.ts'
import { startFixture } from './fixture.ts'
import { runMcpServer } from './mcp-runner.ts'
import type { RunnerVersion } from './mcp-runner.ts'
import type { Suite } from './suite.ts'

interface ServerSuite {
  readonly name: string
  readonly version: string
  readonly runner: RunnerVersion
  /** What selects the scenarios. */
  readonly args: readonly string[]
  /** The era the fixture serves at the address that is registered, and so the era of the second hop. */
  readonly eras: 'modern' | 'legacy'
}

const suites: readonly ServerSuite[] = [
  {
    name: 'mcp-2026',
    version: '2026-07-28',
    runner: '0.2',
    args: ['--suite', 'all', '--spec-version', '2026-07-28'],
    eras: 'modern',
  },
  {
    name: 'mcp-2025',
    version: '2025-11-25',
    runner: '0.2',
    args: ['--requirements', '2025-11-25'],
    eras: 'legacy',
  },
  { name: 'mcp-0.1', version: '2025-11-25', runner: '0.1', args: ['--suite', 'all'], eras: 'legacy' },
]

/** The suites in which the runner is the client and the fixture server stands behind the node. */
export const mcpServerSuites: readonly Suite[] = suites.map((suite) => ({
  name: suite.name,
  version: suite.version,
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

async function run({ runner, args }: ServerSuite, url: string, scenario: string | undefined) {
  const selected = scenario === undefined ? args : ['--scenario', scenario, ...specVersion(args)]
  return await runMcpServer(runner, ['--url', url, ...selected])
}

/** The one argument of a suite that a single scenario needs too. */
function specVersion(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => arg === '--spec-version' || arg === '--requirements')
  return at < 0 ? [] : ['--spec-version', args[at + 1] ?? '']
}
