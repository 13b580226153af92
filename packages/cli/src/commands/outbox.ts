import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { allPages } from '../pages.ts'
import { Refusal } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cardEntry } from './approvals/card-text.ts'

/** Acts that are allowed and wait for a moment, in which you can veto them. */
export function outboxCommands(program: Command, context: Context): void {
  const list = async () => {
    const ambit = await context.ambit()
    const held = await allPages(context.terminal, async (cursor) => {
      const page = await ambit.approvals.list({ state: 'held', ...cursor })
      return { rows: page.approvals, next: page.next }
    })
    const entries = held.map((card) => cardEntry(context.terminal, card))
    context.reply({
      text: entries.length === 0 ? 'Nothing is held.' : entries.join('\n\n'),
      json: { held },
    })
  }
  const outbox = context
    .command(program, 'outbox', 'list what is about to be done, and veto it', 'outbox')
    .action(list)
  context.command(outbox, 'list', 'list what is held', 'outbox list').action(list)

  context
    .command(outbox, 'release <id>', 'let it happen now', 'outbox release ap_019a…')
    .action(async (id: string) => {
      await needSession(context.terminal, 'deciding')
      const { approvals } = await context.ambit()
      const { state, digest } = await approvals.get(id)
      needHeld(state)
      await approvals.approve(id, digest)
      context.reply({ text: 'Released.', json: { id, state: 'approved' } })
    })

  context
    .command(outbox, 'veto <id>', 'do not let it happen', 'outbox veto ap_019a… --note "not yet"')
    .option('--note <text>', 'why, for the agent')
    .action(async (id: string, { note }: { note?: string }) => {
      await needSession(context.terminal, 'deciding')
      const { approvals } = await context.ambit()
      needHeld((await approvals.get(id)).state)
      await approvals.deny(id, note)
      context.reply({ text: 'Vetoed: nothing was done.', json: { id, state: 'denied' } })
    })
}

function needHeld(state: string): void {
  if (state === 'held') return
  throw new Refusal(
    `this is ${state} and not held`,
    state === 'done' ? 'What was done may be taken back: `ambit feed`.' : 'See `ambit outbox`.',
  )
}
