import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { collect } from '../arguments.ts'
import type { Context } from '../context.ts'
import { scanFiles } from './scan-files.ts'
import { scanNetworks } from './scan-networks.ts'

export interface ScanOptions {
  readonly network?: readonly string[]
  readonly port?: readonly number[]
  readonly project?: string
  readonly register?: boolean
  readonly yes?: boolean
  readonly cancel?: boolean
}

/** What runs past the node: in the files of clients on this machine, and on networks of one's own. */
export function scanCommand(program: Command, context: Context): void {
  context
    .command(
      program,
      'scan',
      'find tool servers and agents that nobody registered: in the files of MCP clients here, or on own networks',
      'scan --register\n  $ ambit scan --network 127.0.0.1 --network 10.0.0.0/24',
    )
    .option('--project <folder>', 'look for the files of this project too; left out, the current folder')
    .option(
      '--network <range>',
      'have the node look through a network of its own instead; more than once',
      collect,
    )
    .option('--port <number>', 'at these ports only; more than once', collectPort)
    .option('--register', 'make a draft of each that is not registered, after asking')
    .option('--yes', 'do not ask')
    .option('--cancel', 'end the scan that the node is making')
    .action(async (options: ScanOptions) => {
      const ofNode = options.network !== undefined || options.port !== undefined || options.cancel === true
      await (ofNode ? scanNetworks(context, options) : scanFiles(context, options))
    })
}

function collectPort(text: string, before: readonly number[] = []): readonly number[] {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return [...before, port]
  throw new InvalidArgumentError('1 to 65535')
}
