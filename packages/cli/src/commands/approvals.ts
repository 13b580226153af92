import type { ApprovalCard } from '@ambit/sdk/approvals'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { allPages } from '../pages.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { currentSession } from '../session.ts'
import { cell, facts, shown, table, timeCell } from '../text.ts'

/** Acts that wait for a person. */
export function approvalCommands(program: Command, context: Context): void {
  context
    .command(program, 'approvals', 'list what waits for your decision', 'approvals')
    .option('--all', 'those already decided too')
    .action(async ({ all }: { all?: boolean }) => {
      const ambit = await context.ambit()
      const state = all === true ? {} : { state: 'pending' as const }
      const approvals = await allPages(context.terminal, async (cursor) => {
        const page = await ambit.approvals.list({ ...state, ...cursor })
        return { rows: page.approvals, next: page.next }
      })
      const rows = approvals.map((card) => [
        card.id,
        card.state,
        shown(card.sentence.en, 100),
        timeCell(card.asked),
        timeCell(card.expires),
      ])
      const header = ['approval', 'state', 'what', 'asked', 'expires']
      context.reply({ text: rows.length === 0 ? 'Nothing waits.' : table(header, rows), json: { approvals } })
    })

  context
    .command(program, 'approve <id>', 'look at what would happen, and let it happen once', 'approve p_1')
    .action(async (id: string) => {
      await needSession(context)
      const ambit = await context.ambit()
      const card = await ambit.approvals.get(id)
      context.terminal.err(cardText(card))
      if (card.state !== 'pending') {
        const remedy = 'The agent must ask again for another decision.'
        throw new Refusal(`this is ${card.state} and no longer to be decided`, remedy)
      }
      const answer = await context.terminal.ask('\nLet this happen once? Type yes: ')
      if (answer === undefined) {
        throw new Refusal(
          'an approval needs a person at a terminal',
          'Decide in the console, or run this command where you can answer.',
        )
      }
      if (answer.trim().toLowerCase() !== 'yes') {
        const text = `Left undecided. To refuse it: ambit deny ${id}`
        context.reply({ text, json: { id, state: card.state }, exitCode: exitCodes.refused })
        return
      }
      // The digest of exactly what was on the screen: a card that changed since is refused by the node.
      await ambit.approvals.approve(id, card.digest)
      context.reply({ text: 'Approved.', json: { id, state: 'approved' } })
    })

  context
    .command(program, 'deny <id>', 'refuse what is asked', 'deny p_1 --note "not that account"')
    .option('--note <text>', 'why, for the agent')
    .action(async (id: string, { note }: { note?: string }) => {
      await needSession(context)
      await (await context.ambit()).approvals.deny(id, note)
      context.reply({ text: 'Denied.', json: { id, state: 'denied' } })
    })
}

async function needSession(context: Context): Promise<void> {
  const { token } = await currentSession(context.terminal)
  if (token?.startsWith('ambs_') !== true) {
    throw new Refusal(
      'deciding needs the session of a signed-in person; an API token may only look',
      'Sign in with `ambit login <link>` (and unset AMBIT_TOKEN), or decide in the console.',
    )
  }
}

/** The sentence is Ambit's own, and the node quotes what an agent wrote; here nothing of it stays hidden. */
function cardText(card: ApprovalCard): string {
  const values = card.arguments.map(({ name, role, text }) => [cell(name), role, shown(text)])
  return [
    shown(card.sentence.en),
    shown(card.sentence.zh),
    '',
    facts([
      [
        'agent',
        card.agent.title === card.agent.id ? card.agent.id : `${cell(card.agent.title)} (${card.agent.id})`,
      ],
      ['does', `${cell(card.tool.title)} of ${cell(card.tool.target)}`],
      ['effect', `${card.tool.effect}, ${reversibility[card.tool.reversibility]}`],
      ['mandate', `${cell(card.mandate.purpose)} (${card.mandate.id})`],
      ['why you', card.reasons.map((reason) => shown(reason.what.en)).join('; ')],
      ['expires', timeCell(card.expires)],
    ]),
    '',
    values.length === 0 ? 'without arguments' : table(['argument', 'role', 'value'], values),
    ...(card.hidden > 0 ? [`and ${card.hidden} further argument(s) that this card has no room for`] : []),
  ].join('\n')
}

const reversibility = {
  0: 'can be undone',
  1: 'can be undone for a while',
  2: 'can be made good but not undone',
  3: 'cannot be undone',
} as const
