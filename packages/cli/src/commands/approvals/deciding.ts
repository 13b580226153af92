import type { ApprovalCard } from '@ambit/sdk/approvals'
import type { Ambit } from '@ambit/sdk/client'
import { Option } from 'commander'
import type { Command } from 'commander'
import { collect, parseDays, parseValues } from '../../arguments.ts'
import type { Context } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import { needSession } from '../../session.ts'
import { shown } from '../../text.ts'
import { cardText } from './card-text.ts'

const daysDefault = '30d'

/** Lets one act happen. */
export function approveCommand(program: Command, context: Context): void {
  context
    .command(program, 'approve <id>', 'look at what would happen, and let it happen once', 'approve ap_019a…')
    .action(async (id: string) => {
      await needSession(context.terminal, 'deciding')
      const ambit = await context.ambit()
      const card = await ambit.approvals.get(id)
      await decide(context, ambit, card, { question: 'Let this happen once?' })
    })
}

export function denyCommand(program: Command, context: Context): void {
  context
    .command(program, 'deny <id>', 'refuse what is asked', 'deny ap_019a… --note "not that account"')
    .option('--note <text>', 'why, for the agent')
    .addOption(new Option('--stop <what>', 'and stop it').choices(['agent', 'mandate']))
    .action(async (id: string, { note, stop }: { note?: string; stop?: 'agent' | 'mandate' }) => {
      await needSession(context.terminal, 'deciding')
      const { approvals } = await context.ambit()
      await approvals.deny(id, note, stop === undefined ? {} : { stop })
      const text = stop === undefined ? 'Denied.' : `Denied, and the ${stop} stopped: \`ambit stop list\`.`
      context.reply({ text, json: { id, state: 'denied', ...(stop === undefined ? {} : { stop }) } })
    })
}

/** Other values in place of the agent's; what is approved is the new card. */
export function editCommand(approvals: Command, context: Context): void {
  context
    .command(
      approvals,
      'edit <id>',
      'put your values in place of the agent’s, look, and let that happen',
      'approvals edit ap_019a… --set amount=20 --set to=li@example.org',
    )
    .requiredOption('--set <name=value>', 'an argument and its value: JSON, or else text', collect)
    .action(async (id: string, { set }: { set: readonly string[] }) => {
      const given = [...parseValues(set, '--set')]
      const twice = given.find(([, list]) => list.length > 1)
      if (twice !== undefined)
        throw new Refusal(`${twice[0]} has two values`, 'Give each argument one; a list is JSON: `a=[1,2]`.')
      const values = Object.fromEntries(given.map(([name, [value]]) => [name, value]))
      await needSession(context.terminal, 'deciding')
      const ambit = await context.ambit()
      const before = await ambit.approvals.get(id)
      const card = await ambit.approvals.edit(id, before.digest, values)
      await decide(context, ambit, card, { question: 'Let this happen once, with your values?' })
    })
}

/** Yes from now on, within what the card says. */
export function narrowCommand(approvals: Command, context: Context): void {
  context
    .command(
      approvals,
      'narrow <id>',
      'approve, and later calls like it too, for a while',
      'approvals narrow ap_019a… --for 7d',
    )
    .option('--for <time>', 'how long, in days: at most 90d', daysDefault)
    .action(async (id: string, options: { for: string }) => {
      const days = parseDays(options.for)
      await needSession(context.terminal, 'deciding')
      const ambit = await context.ambit()
      const card = await ambit.approvals.get(id)
      const { narrow } = card
      if (narrow === undefined) {
        throw new Refusal(
          'this cannot be approved for later calls: it cannot be undone, or needs more than a yes',
          `Approve it once with \`ambit approve ${id}\`, or deny it.`,
        )
      }
      const names = (list: readonly string[]) => list.map((name) => shown(name, 60)).join(', ') || 'none'
      context.terminal.err(
        [
          `For ${days} days, without being asked:`,
          `  the same as shown   ${names(narrow.same)}`,
          `  at most what shown  ${names(narrow.atMost)}`,
          `  anything            ${names(narrow.free)}`,
          '',
        ].join('\n'),
      )
      await decide(context, ambit, card, { question: 'Let this and such calls happen?', days })
    })
}

/** Shows the card, asks, and approves exactly what was on the screen: the node refuses a card that changed since. */
async function decide(
  context: Context,
  ambit: Ambit,
  card: ApprovalCard,
  { question, days }: { readonly question: string; readonly days?: number },
): Promise<void> {
  context.terminal.err(cardText(context.terminal, card))
  if (card.state !== 'pending' && card.state !== 'held') {
    const remedy = 'The agent must ask again for another decision.'
    throw new Refusal(`this is ${card.state} and no longer to be decided`, remedy)
  }
  needNoPasskey(ambit, [card])
  if (!(await confirmed(context, question))) {
    const text = `Left undecided. To refuse it: ambit deny ${card.id}`
    context.reply({ text, json: { id: card.id, state: card.state }, exitCode: exitCodes.refused })
    return
  }
  const remember = days === undefined ? {} : { remember: { days } }
  const after = await ambit.approvals.approve(card.id, card.digest, remember)
  const waits = after?.agreedBy !== undefined && after.state === 'pending'
  const text = waits ? 'You agreed. It waits for a second person.' : 'Approved.'
  context.reply({ text, json: { id: card.id, state: waits ? 'pending' : 'approved' } })
}

/** A yes that a person typed; nobody there is no yes. */
export async function confirmed({ terminal }: Context, question: string): Promise<boolean> {
  const answer = await terminal.ask(`\n${question} Type yes: `)
  if (answer === undefined) {
    throw new Refusal(
      'an approval needs a person at a terminal',
      'Decide in the console, or run this command where you can answer.',
    )
  }
  return answer.trim().toLowerCase() === 'yes'
}

/** Throws where a passkey is owed: browsers have them, terminals do not. */
export function needNoPasskey({ url }: Ambit, cards: readonly ApprovalCard[]): void {
  const owing = cards.find(({ obligations }) => obligations.includes('step-up'))
  if (owing === undefined) return
  throw new Refusal(
    `${cards.length === 1 ? 'this' : owing.id} needs your passkey, which only a browser can use`,
    `Open ${url}/approvals/${encodeURIComponent(owing.id)} in the console.`,
  )
}
