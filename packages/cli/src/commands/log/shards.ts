import type { LogShard } from '@ambit/sdk/logs'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { facts, keyText, shown, timeCell } from '../../text.ts'

/** `ambit log shards`: the logs of the own node, one after another for each half-year, with their addresses and keys. */
export function shardsCommand(log: Command, context: Context): void {
  context
    .command(
      log,
      'shards',
      'the logs of your node, one after another for each half-year, with their addresses and keys',
      'log shards',
    )
    .action(async () => {
      const ambit = await context.ambit()
      const { series } = await ambit.logs.list()
      const texts = series.map(({ name, list, shards }) => {
        const kind = name.slice(name.lastIndexOf('/') + 1)
        const address = `${ambit.url}/log/${kind}/`
        const head = facts([
          ['list', shown(address)],
          ['key of the list', keyText(list.vkey)],
        ])
        const logs = shards.map((shard) =>
          shardText(shard, `${address}${shard.origin.slice(name.length + 1)}`),
        )
        return [head, ...logs].join('\n\n')
      })
      context.reply({ text: texts.join('\n\n\n'), json: { series } })
    })
}

function shardText({ state, first, end, vkeys }: LogShard, address: string): string {
  return facts([
    ['log', shown(address)],
    ['state', end === undefined ? state : `${state}, ended ${timeCell(end.at)}`],
    ['positions', end === undefined ? `from ${first}` : `${first} to ${first + end.size - 1}`],
    ['key', keyText(vkeys[0] ?? '')],
  ])
}
