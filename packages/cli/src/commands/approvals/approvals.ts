import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { allPages } from '../../pages.ts'
import { cardEntry, cardText } from './card-text.ts'
import { approveCommand, denyCommand, editCommand, narrowCommand } from './deciding.ts'
import { planCommand } from './plans.ts'
import { standingCommands } from './standing.ts'
import { togetherCommand } from './together.ts'
import { watchCommand } from './watch.ts'

/** Acts that wait for a person. */
export function approvalCommands(program: Command, context: Context): void {
  const approvals = listCommand(program, context)
  showCommand(approvals, context)
  approveCommand(approvals, context)
  denyCommand(approvals, context)
  editCommand(approvals, context)
  narrowCommand(approvals, context)
  togetherCommand(approvals, context)
  planCommand(approvals, context)
  watchCommand(approvals, context)
  // The two that a person wants in a hurry.
  approveCommand(program, context)
  denyCommand(program, context)
  standingCommands(program, context)
}

function listCommand(program: Command, context: Context): Command {
  return context
    .command(program, 'approvals', 'list what waits for your decision, and decide it', 'approvals')
    .option('--all', 'those already decided too')
    .action(async ({ all }: { all?: boolean }) => {
      const ambit = await context.ambit()
      const state = all === true ? {} : { state: 'pending' as const }
      const approvals = await allPages(context.terminal, async (cursor) => {
        const page = await ambit.approvals.list({ ...state, ...cursor })
        return { rows: page.approvals, next: page.next }
      })
      const cards = approvals.map((card) => cardEntry(context.terminal, card))
      const text =
        cards.length === 0
          ? 'Nothing waits.'
          : [...cards, 'The whole card: ambit approvals show <id>'].join('\n\n')
      context.reply({ text, json: { approvals } })
    })
}

function showCommand(approvals: Command, context: Context): void {
  context
    .command(approvals, 'show <id>', 'show the whole card', 'approvals show ap_019a…')
    .action(async (id: string) => {
      const ambit = await context.ambit()
      const card = await ambit.approvals.get(id)
      const link = `In the console: ${ambit.url}/approvals/${encodeURIComponent(id)}`
      context.reply({ text: `${cardText(context.terminal, card)}\n\n${link}`, json: card })
    })
}
