import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { usageOf } from './process.ts'
import type { Usage } from './process.ts'

export { bringOnline } from '@ambit/testkit/start-node'

/** A node as a user starts it, and what it uses. */
export interface RunningNode extends SpawnedNode {
  usage(): Usage
}

export async function startRunningNode(
  env: Readonly<Record<string, string>> = {},
  stderr: 'inherit' | 'pipe' = 'inherit',
): Promise<RunningNode> {
  const settings = { AMBIT_LOG_LEVEL: 'error', AMBIT_PROBE_MINUTES: '15', ...env }
  const node = await spawnNode({ env: settings, stderr })
  return { ...node, usage: () => usageOf(node.child.pid!) ?? { cpuUs: 0, rssMb: 0 } }
}
