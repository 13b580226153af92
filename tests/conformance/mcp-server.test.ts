import { describe, expect, test } from 'vitest'
import { putMcpBehindNode } from './behind-node.ts'
import { startFixture } from './fixture.ts'
import { runMcpServer } from './mcp-runner.ts'
import { mcpServerSuites } from './mcp-server-suites.ts'
import { compare, count } from './results.ts'
import { runSuite } from './suite.ts'

/*
 * The server suites of MCP on the fixture by itself and behind a node. `npm run conformance` shows the same with the
 * longer suites.
 */

const suiteMsMax = 120_000

/** How many checks the fixture passes by itself. */
const passed: Readonly<Record<string, number>> = {
  'mcp-2026': 152,
  'mcp-tasks': 44,
  'mcp-2025': 84,
  'mcp-0.1': 44,
}
describe.each(mcpServerSuites)('the suite $name', (suite) => {
  test(
    'loses nothing behind a node',
    async () => {
      const { direct, failures } = await runSuite(suite, { scenario: undefined, short: false })
      expect(direct.passed).toBe(passed[suite.name])
      expect(failures).toEqual([])
    },
    suiteMsMax,
  )
})

describe('what stands between the runner and the fixture', () => {
  test('is the node: once the mandate is revoked, a scenario that passed is lost', async () => {
    await using peer = await startFixture('conformance-mcp')
    await using behind = await putMcpBehindNode(peer.url)
    const args = ['--url', `${behind.url}/mcp`, '--scenario', 'tools-call-simple-text']
    const allowed = await runMcpServer('0.2', args)
    expect(count(allowed)).toMatchObject({ failed: 0 })
    const { mandates } = await behind.node.ambit.mandates.list()
    for (const { id } of mandates) await behind.node.ambit.mandates.revoke(id)
    const revoked = await runMcpServer('0.2', args)
    const { failures } = compare('', '', allowed, revoked)
    expect(failures.map(({ test }) => test)).toEqual([
      'tools-call-simple-text/tools-call-simple-text:ToolsCallSimpleText',
    ])
  })
})
