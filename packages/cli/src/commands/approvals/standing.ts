import type { StandingApproval } from '@ambit/sdk/standing-approvals'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { allPages } from '../../pages.ts'
import { cell, entry, shown, timeCell } from '../../text.ts'

/** What you approved for later calls too. */
export function standingCommands(program: Command, context: Context): void {
  const list = async () => {
    const { standingApprovals } = await context.ambit()
    const standing = await allPages(context.terminal, async (cursor) => {
      const page = await standingApprovals.list(cursor)
      return { rows: page.standing, next: page.next }
    })
    const text = standing.length === 0 ? 'None.' : standing.map(standingEntry).join('\n\n')
    context.reply({ text, json: { standing } })
  }
  const group = context
    .command(program, 'standing', 'list what you approved for later calls too, and end it', 'standing')
    .action(list)
  context.command(group, 'list', 'list them', 'standing list').action(list)
  context
    .command(group, 'end <id>', 'from now on be asked again', 'standing end ap_019a…')
    .action(async (id: string) => {
      const { standingApprovals } = await context.ambit()
      await standingApprovals.end(id)
      context.reply({ text: 'Ended. You are asked again.', json: { ended: id } })
    })
}

function standingEntry({ id, target, capability, expires, mandate, ...bounds }: StandingApproval): string {
  const words = [
    ...bounds.same.map(({ name, text }) => `${cell(name)} = ${shown(text, 200)}`),
    ...bounds.atMost.map(({ name, value }) => `${cell(name)} at most ${value}`),
    ...bounds.free.map((name) => `${cell(name)} anything`),
  ]
  return entry(
    [id, `until ${timeCell(expires)}`],
    `${cell(capability)} of ${cell(target)}, under ${mandate}`,
    words.join('; '),
  )
}
