import { inspect } from 'node:util'
import { Fault } from '@ambit/core/fault'
import { readConfig } from './config.ts'
import { systemClock } from './kernel/clock.ts'
import { startNode } from './node.ts'
import { nodeVersion } from './protocols.ts'

/** Starts a node from the environment, says where it is, and stops it in order when asked to. */
try {
  const started = systemClock.monotonicMs()
  const config = readConfig()
  const node = await startNode(config)
  const ms = Math.round(systemClock.monotonicMs() - started)
  process.stdout.write(
    `Ambit ${nodeVersion} is up (${ms} ms)\n` +
      `  console   ${node.origin}\n` +
      `  sign in   ${node.signInLink}   (works once)\n` +
      `  listening ${node.at.join(', ')}; gRPC ${portText(node.grpcPort)}; agents ${portText(node.agentsPort)}; health and metrics on ${node.metricsAt.join(', ')}\n` +
      `  data      ${config.dataFolder}\n`,
  )
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal means now.
      if (asked) process.exit(1)
      asked = true
      node.stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    })
  }
} catch (error) {
  fail(error)
}

function portText(port: number | undefined): string {
  return port === undefined ? 'is off' : `on port ${port}`
}

function fail(error: unknown): never {
  const fault = Fault.from(error)
  const where = fault.where === undefined ? '' : ` (${fault.where})`
  const cause = fault.code === 'internal' ? `\n${inspect(fault.cause ?? fault)}` : ''
  process.stderr.write(
    `Ambit could not go on: ${fault.title}: ${fault.detail}${where}\n${fault.remedy}${cause}\n`,
  )
  process.exit(1)
}
