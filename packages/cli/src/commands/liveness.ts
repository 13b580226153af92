import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { cell, table, timeCell } from '../text.ts'

/** Which agents are dead or lie, and what becomes of them. */
export function livenessCommands(program: Command, context: Context): void {
  context
    .command(
      program,
      'liveness',
      'list the records that do not answer or serve something else than was accepted',
      'liveness --suspend-after 30',
    )
    .option('--suspend-after <days>', 'suspend what is dead for so many days; `never` for none', parseDays)
    .action(async ({ suspendAfter }: { suspendAfter?: number | null }) => {
      const { liveness } = await context.ambit()
      if (suspendAfter !== undefined) await liveness.wish({ suspendAfterDays: suspendAfter })
      const { troubles, suspendAfterDays } = await liveness.troubles()
      const rows = troubles.map(({ slug, state, since }) => [cell(slug), state, timeCell(since)])
      const list = rows.length === 0 ? 'Nothing is wrong.' : table(['record', 'state', 'since'], rows)
      const rule =
        suspendAfterDays === null
          ? 'What is dead is not suspended by itself.'
          : `What is dead for ${suspendAfterDays} day(s) is suspended.`
      context.reply({ text: `${list}\n\n${rule}`, json: { troubles, suspendAfterDays } })
    })
}

function parseDays(text: string): number | null {
  if (text === 'never') return null
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= 365) return days
  throw new InvalidArgumentError('1 to 365 days, or `never`')
}
