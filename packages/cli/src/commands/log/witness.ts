import type { WitnessView } from '@ambit/sdk/witness'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { Refusal } from '../../refusal.ts'
import { cell, facts, keyText, table, timeCell } from '../../text.ts'

/** `ambit log witness …`: what your node cosigns for others, and what they need to ask for it. */
export function witnessCommands(log: Command, context: Context): void {
  const witness = log
    .command('witness')
    .description('let your node cosign the checkpoints of other logs')
    .addHelpText('after', '\nNothing is cosigned until a log is added. Operators decide that.')
  addCommand(witness, context)
  listCommand(witness, context)
  removeCommand(witness, context)
  policyCommand(witness, context)
  keysCommand(witness, context)
}

function addCommand(witness: Command, context: Context): void {
  context
    .command(
      witness,
      'add <vkeys...>',
      'be a witness of all logs of a node, by the keys that `ambit log witness keys` prints there, or of one log by its own',
      'log witness add "a.example/activity/shards+…" "a.example/registry/shards+…"',
    )
    .option('--url <address>', 'where the log is read, for people')
    .action(async (vkeys: string[], { url }: { url?: string }) => {
      const ambit = await context.ambit()
      const logs = []
      for (const vkey of vkeys)
        logs.push(await ambit.witness.add({ vkey, ...(url === undefined ? {} : { url }) }))
      const lines = logs.map(({ origin }) => `This node is a witness of ${cell(origin)} now.`)
      context.reply({ text: lines.join('\n'), json: { logs } })
    })
}

function listCommand(witness: Command, context: Context): void {
  context
    .command(witness, 'list', 'the logs your node cosigns, and how far', 'log witness list')
    .action(async () => {
      const view = await (await context.ambit()).witness.show()
      const rows = view.logs.map((each) => [
        cell(each.origin),
        each.cosigned === undefined ? '' : String(each.size),
        each.kind === 'series'
          ? 'a list of logs'
          : each.cosigned === undefined
            ? 'never'
            : timeCell(each.cosigned),
        cell(each.url ?? ''),
      ])
      const head = facts([
        ['witness', cell(view.name)],
        ['address', cell(view.url)],
        ...view.vkeys.map((vkey): [string, string] => ['key', keyText(vkey)]),
      ])
      const logs =
        rows.length === 0
          ? 'It cosigns no log yet: `ambit log witness add <key of the log>`.'
          : table(['log', 'entries', 'cosigned', 'read at'], rows)
      context.reply({ text: `${head}\n\n${logs}`, json: view })
    })
}

function removeCommand(witness: Command, context: Context): void {
  context
    .command(
      witness,
      'remove <origin>',
      'cosign a log no more; what was cosigned stays known',
      'log witness remove a.example/activity/shards',
    )
    .action(async (origin: string) => {
      await (await context.ambit()).witness.remove(origin)
      context.reply({ text: `This node is no witness of ${cell(origin)} any more.`, json: { origin } })
    })
}

function policyCommand(witness: Command, context: Context): void {
  context
    .command(
      witness,
      'policy',
      'print the policy (c2sp.org/tlog-policy) with which another node asks yours to cosign its logs',
      'log witness policy > witness.policy',
    )
    .option('--url <address>', 'the address of your node as the other one reaches it')
    .action(async ({ url }: { url?: string }) => {
      const view = await (await context.ambit()).witness.show()
      const policy = policyText(view, url === undefined ? view.url : `${readAddress(url)}/witness`)
      context.reply({ text: policy.trimEnd(), json: { policy } })
    })
}

function keysCommand(witness: Command, context: Context): void {
  context
    .command(
      witness,
      'keys',
      'print the keys by which another node becomes a witness of yours',
      'log witness keys',
    )
    .action(async () => {
      const { series } = await (await context.ambit()).logs.list()
      const keys = series.map(({ list }) => list.vkey)
      context.reply({ text: keys.map((key) => keyText(key)).join('\n'), json: { keys } })
    })
}

/** Either key counts as this witness: not every runtime can check ML-DSA-44. */
function policyText({ name, vkeys }: WitnessView, url: string): string {
  const names = vkeys.map((_, at) => `${name}/${at + 1}`)
  return [
    ...vkeys.map((vkey, at) => `witness ${names[at]} ${vkey} ${url}`),
    `group ${name} any ${names.join(' ')}`,
    `quorum ${name}`,
    '',
  ].join('\n')
}

function readAddress(text: string): string {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '')
  throw new Refusal('that is no http or https address', 'Give it as in --url https://b.example.')
}
