import type { Command } from 'commander'
import { collect } from '../../arguments.ts'
import type { Context } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import { needSession } from '../../session.ts'
import { cell, table } from '../../text.ts'
import { cardEntry } from './card-text.ts'
import { confirmed, needNoPasskey } from './deciding.ts'

interface TogetherOptions {
  readonly mandate?: string
  readonly without?: readonly string[]
}

/** All that one agent waits for, with one yes. */
export function togetherCommand(approvals: Command, context: Context): void {
  context
    .command(
      approvals,
      'together',
      'decide all that one agent waits for under one mandate at once',
      'approvals together --mandate m_019a… --without ap_019a…',
    )
    .option('--mandate <id>', 'which list, where several agents wait')
    .option('--without <id>', 'deny this one of them', collect)
    .action(async ({ mandate, without = [] }: TogetherOptions) => {
      await needSession(context.terminal, 'deciding')
      const ambit = await context.ambit()
      const { lists, rest } = await ambit.approvals.lists()
      if (rest) context.terminal.err('Single approvals rest for now: there were too many at once.\n')
      const fitting = lists.filter((list) => mandate === undefined || list.mandate === mandate)
      const [list] = fitting
      if (list === undefined) {
        if (mandate !== undefined)
          throw new Refusal(`nothing waits under ${mandate}`, 'See `ambit approvals`.')
        context.reply({ text: 'Nothing waits.', json: { approved: [], failed: [] } })
        return
      }
      if (fitting.length > 1) {
        const rows = lists.map(({ agent, approvals: cards, ...each }) => [
          each.mandate,
          String(cards.length),
          cell(agent.title),
        ])
        context.terminal.err(table(['mandate', 'waiting', 'agent'], rows))
        throw new Refusal('several agents wait', 'Name one list with --mandate <id>.')
      }
      const chosen = list.approvals.filter(({ id }) => !without.includes(id))
      const denied = list.approvals.filter(({ id }) => without.includes(id))
      if (chosen.length === 0) throw new Refusal('nothing is left to approve', 'Deny them with `ambit deny`.')
      context.terminal.err(chosen.map((card) => cardEntry(context.terminal, card)).join('\n\n'))
      if (denied.length > 0) context.terminal.err(`\nDenied: ${denied.map(({ id }) => id).join(', ')}`)
      needNoPasskey(ambit, chosen)
      // The node takes for unread what nobody opened (its fatigue guard).
      for (const { id } of chosen) await ambit.approvals.get(id)
      if (!(await confirmed(context, `Let all ${chosen.length} happen once?`))) {
        context.reply({ text: 'Left undecided.', json: { approved: [] }, exitCode: exitCodes.refused })
        return
      }
      const result = await ambit.approvals.together({
        approve: chosen.map(({ id, digest }) => ({ id, digest })),
        ...(denied.length === 0 ? {} : { deny: denied.map(({ id }) => id) }),
      })
      const failed = result.failed.map(({ id, code }) => `${id} was not: ${cell(code)}`)
      context.reply({
        text: [`Approved ${result.approved.length}.`, ...failed].join('\n'),
        json: result,
        exitCode: failed.length === 0 ? exitCodes.done : exitCodes.refused,
      })
    })
}
