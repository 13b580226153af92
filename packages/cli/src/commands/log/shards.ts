import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { cell, facts, table, timeCell } from '../../text.ts'

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
        const rows = shards.map((shard) => [
          cell(`${ambit.url}/log/${kind}/${shard.origin.slice(name.length + 1)}`),
          shard.state,
          String(shard.first),
          shard.end === undefined ? '' : String(shard.end.size),
          shard.end === undefined ? '' : timeCell(shard.end.at),
          cell(shard.vkeys[0] ?? ''),
        ])
        const head = facts([
          ['list', cell(`${ambit.url}/log/${kind}/`)],
          ['key of the list', cell(list.vkey)],
        ])
        return `${head}\n\n${table(['log', 'state', 'first position', 'entries', 'ended', 'key'], rows)}`
      })
      context.reply({ text: texts.join('\n\n'), json: { series } })
    })
}
