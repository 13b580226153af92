import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { Refusal } from '../../refusal.ts'
import { cell, keyText } from '../../text.ts'

/** `ambit log rotate-key [activity|registry]`: ends a log of the own node and begins the next with new keys. */
export function rotateKeyCommand(log: Command, context: Context): void {
  context
    .command(
      log,
      'rotate-key [log]',
      'end a log of your node (activity unless named), destroy its key and begin the next with a new one',
      'log rotate-key activity --reason "the machine was opened"',
    )
    .requiredOption('--reason <text>', 'why; it is written into the log for everyone to read')
    .action(async (name: string | undefined, { reason }: { reason: string }) => {
      const kind = name ?? 'activity'
      if (kind !== 'activity' && kind !== 'registry')
        throw new Refusal(`a node has no log ${kind}`, 'Name `activity` or `registry`.')
      const shard = await (await context.ambit()).logs.rotate(kind, reason)
      context.reply({
        text: [
          `${cell(shard.origin)} takes the entries now, from position ${shard.first} on.`,
          `Its key: ${keyText(shard.vkeys[0] ?? '')}`,
          'Receipts of the log before stay valid. Whoever follows the list of logs finds this one; tell those who pinned the old key.',
        ].join('\n'),
        json: shard,
      })
    })
}
