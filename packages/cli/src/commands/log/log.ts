import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { exportCommand } from './export.ts'
import { fsckCommand } from './fsck.ts'
import { mirrorCommand } from './mirror.ts'
import { monitorCommand } from './monitor.ts'
import { promiseCommand } from './promise.ts'
import { proveCommand } from './prove.ts'
import { rotateKeyCommand } from './rotate-key.ts'
import { shardsCommand } from './shards.ts'
import { statusCommand } from './status.ts'
import { verifyCommand } from './verify.ts'
import { witnessCommands } from './witness.ts'

/** Reading and checking transparency logs: any log in the C2SP formats, with or without a node. */
export function logCommands(log: Command, context: Context): void {
  statusCommand(log, context)
  shardsCommand(log, context)
  rotateKeyCommand(log, context)
  proveCommand(log, context)
  promiseCommand(log, context)
  verifyCommand(log, context)
  fsckCommand(log, context)
  monitorCommand(log, context)
  mirrorCommand(log, context)
  exportCommand(log, context)
  witnessCommands(log, context)
}
