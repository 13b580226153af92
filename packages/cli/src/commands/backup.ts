import type { Backup } from '@ambit/sdk/backups'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { cell, facts } from '../text.ts'

/** How often the node is asked how far it has come. */
const askEveryMs = 500
const megabyte = 1024 * 1024

/** Copies of a whole node, and the way back. */
export function backupCommands(program: Command, context: Context): void {
  context
    .command(program, 'backup', 'copy the whole node into its folder AMBIT_BACKUPS, while it works', 'backup')
    .option('--list', 'only say which backups there are')
    .action(async ({ list }: { list?: boolean }) => {
      if (list === true) await listBackups(context)
      else await makeBackup(context)
    })

  context
    .command(
      program,
      'restore <backup>',
      'put a backup where a node that is not running keeps its data',
      'restore data-backups/2026-11-21T15-00-00.000Z --data data',
    )
    .option('--data <folder>', 'the data folder to make', 'data')
    .option('--guard <folder>', 'how far the logs were signed; left out, `<data>-guard`')
    .option('--replace', 'move a data folder that is there aside instead of stopping')
    .option(
      '--begin-after-loss',
      'where the backup holds less than was signed: let the node begin new logs that say so',
    )
    .action(async (backup: string, options: RestoreOptions) => {
      const { restore } = await import('./restore.ts')
      await restore(context, backup, { ...options, guard: options.guard ?? `${options.data}-guard` })
    })
}

interface RestoreOptions {
  readonly data: string
  readonly guard?: string
  readonly replace?: boolean
  readonly beginAfterLoss?: boolean
}

async function listBackups(context: Context): Promise<void> {
  const { folder, names, last } = await (await context.ambit()).backups.list()
  const rows = names.length === 0 ? 'None yet.' : names.map((name) => cell(name)).join('\n')
  const under = last === undefined ? '' : `\n\n${progress(last)}`
  context.reply({
    text: `In ${cell(folder)} on the machine of the node:\n\n${rows}${under}`,
    json: { folder, names, last },
  })
}

async function makeBackup(context: Context): Promise<void> {
  const ambit = await context.ambit()
  const { folder, backup } = await ambit.backups.begin()
  let state = backup
  while (state.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, askEveryMs))
    const { last } = await ambit.backups.list()
    if (last?.name !== backup.name)
      throw new Refusal('the node was started anew meanwhile', 'Begin the backup again.')
    state = last
    context.terminal.err(progress(state))
  }
  if (state.state === 'failed') {
    throw new Refusal(
      `the backup failed: ${state.reason ?? 'for an unknown reason'}`,
      `Look at the folder ${folder} and its disk, then try again.`,
    )
  }
  const path = `${folder}/${state.name}`
  context.reply({
    text: `${facts([
      ['backup', cell(path)],
      ['files', String(state.files)],
      ['size', size(state.bytes)],
    ])}\n\nIt holds the node's keys: whoever has it can be this node. Bring it to another machine.`,
    json: { path, ...state },
  })
}

function progress({ name, state, files, bytes, reason }: Backup): string {
  return `${cell(name)}: ${state}, ${files} files, ${size(bytes)}${reason === undefined ? '' : `: ${cell(reason)}`}`
}

function size(bytes: number): string {
  return `${(bytes / megabyte).toFixed(1)} MB`
}
