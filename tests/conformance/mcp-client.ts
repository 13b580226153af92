import { driveScenario } from '@ambit/testkit/conformance-mcp-client'
import type { DrivenServer } from '@ambit/testkit/conformance-mcp-client'
import { driveSignIn } from '@ambit/testkit/conformance-mcp-sign-in'
import { allow, bringOnline, startTestNode, withoutHold } from '@ambit/testkit/start-node'
import { signInThroughNode } from './sign-in-through-node.ts'

/*
 * `mcp-client.ts direct|through URL`: the client under test, as the runner starts it. The runner is the server at that
 * address and names the scenario in the environment. `through`: the client speaks to a node of its own, and it is the
 * node's client that the runner sees.
 */

const [way = '', url = ''] = process.argv.slice(2)
const {
  MCP_CONFORMANCE_SCENARIO: scenario = '',
  MCP_CONFORMANCE_PROTOCOL_VERSION: version = '2025-11-25',
  MCP_CONFORMANCE_CONTEXT: told,
} = process.env
const context = told === undefined ? undefined : (JSON.parse(told) as unknown)

const server: DrivenServer = { url, version, context }
const signsIn = scenario.startsWith('auth/')
if (way === 'direct') await (signsIn ? driveSignIn(scenario, server) : driveScenario(scenario, server))
else await (signsIn ? signInThroughNode(scenario, server) : driveThroughNode(server))
process.exit(0)

async function driveThroughNode(server: DrivenServer): Promise<void> {
  await using node = await startTestNode()
  await bringOnline(node.ambit, { url: server.url }, 'runner')
  await withoutHold(node.ambit, 'runner')
  const access = await allow(node.ambit, [{ target: 'runner', capability: '*', decision: 'autonomous' }])
  await driveScenario(scenario, { ...server, url: access.mcpUrl, token: access.token })
}
