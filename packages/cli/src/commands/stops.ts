import type { StopOrder, StopView } from '@ambit/sdk/stops'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { allPages } from '../pages.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cell, entry, shown, timeCell } from '../text.ts'

interface StopOptions {
  readonly everything?: true
  readonly mine?: true
  readonly agent?: string
  readonly mandate?: string
  readonly forEverybody?: true
  readonly note?: string
  readonly yes?: true
}

/** Pulling the plug. */
export function stopCommands(program: Command, context: Context): void {
  const stop = context
    .command(
      program,
      'stop',
      'stop agents at once, calls under way included',
      'stop --agent helper --note "odd"',
    )
    .option('--mine', 'all that is done in your name; so it is when nothing is named')
    .option('--agent <slug>', 'one agent or server, in your name')
    .option('--mandate <id>', 'what is done under one mandate')
    .option('--everything', 'all acts of the organization; owners only')
    .option('--for-everybody', 'with --agent: in anybody’s name; owners only')
    .option('--note <text>', 'why, for the record')
    .option('--yes', 'do not ask first')
    .action(async (options: StopOptions) => {
      await stopNow(context, options)
    })

  context
    .command(stop, 'list', 'list the stops in force', 'stop list --all')
    .option('--all', 'those that were lifted too')
    .action(async ({ all }: { all?: true }) => {
      const ambit = await context.ambit()
      const every = await allPages(context.terminal, async (cursor) => {
        const page = await ambit.stops.list(cursor)
        return { rows: page.stops, next: page.next }
      })
      const stops = all === true ? every : every.filter(({ lifted }) => lifted === undefined)
      const text = stops.length === 0 ? 'Nothing is stopped.' : stops.map(stopEntry).join('\n\n')
      context.reply({ text, json: { stops } })
    })

  context
    .command(stop, 'lift <id>', 'let what was stopped go on', 'stop lift st_019a…')
    .action(async (id: string) => {
      await needSession(context.terminal, 'lifting a stop')
      const ambit = await context.ambit()
      await ambit.stops.lift(id)
      context.reply({
        text: 'Lifted. What it ended stays ended; new calls go through.',
        json: { lifted: id },
      })
    })
}

async function stopNow(context: Context, options: StopOptions): Promise<void> {
  const { order, words } = orderOf(options)
  if (options.yes !== true) {
    const answer = await context.terminal.ask(`Stop ${words}, calls under way included? Type yes: `)
    // Where nobody can be asked it is done: a plug that is not pulled costs more than one pulled for nothing.
    if (answer !== undefined && answer.trim().toLowerCase() !== 'yes') {
      context.reply({ text: 'Nothing was stopped.', json: { stopped: false }, exitCode: exitCodes.refused })
      return
    }
  }
  const ambit = await context.ambit()
  const reached = await ambit.stops.set({
    ...order,
    ...(options.note === undefined ? {} : { note: options.note }),
  })
  const { stop, stopped, tookMs } = reached
  const text = [
    `Stopped ${words}: ${stopped} call(s) under way ended, in ${tookMs} ms.`,
    `It lasts until it is lifted: ambit stop lift ${stop.id}`,
  ].join('\n')
  context.reply({ text, json: reached })
}

const inYourName = { order: { what: 'person' }, words: 'everything in your name' } as const

function orderOf({ everything, mine, agent, mandate, forEverybody }: StopOptions): {
  readonly order: StopOrder
  readonly words: string
} {
  const orders: { readonly order: StopOrder; readonly words: string }[] = []
  if (everything === true)
    orders.push({ order: { what: 'everything' }, words: 'everything of the organization' })
  if (mine === true) orders.push(inYourName)
  if (agent !== undefined) {
    const scope = forEverybody === true ? 'organization' : 'mine'
    const name = forEverybody === true ? 'anybody’s' : 'your'
    orders.push({ order: { what: 'agent', subject: agent, scope }, words: `${cell(agent)} in ${name} name` })
  }
  if (mandate !== undefined)
    orders.push({ order: { what: 'mandate', subject: mandate }, words: `mandate ${cell(mandate)}` })
  // Whoever pulls the plug in a hurry names nothing: what is theirs stands still.
  const [only = inYourName] = orders
  if (orders.length > 1) {
    throw new Refusal(
      'more than one thing to stop was named',
      'Name one: --mine, --agent <slug>, --mandate <id> or --everything.',
    )
  }
  if (forEverybody === true && agent === undefined)
    throw new Refusal('--for-everybody belongs to --agent', 'Name the agent, or leave it out.')
  return only
}

function stopEntry({ id, what, subject, name, by, at, note, lifted, liftedBy }: StopView): string {
  const reach = {
    everything: 'everything of the organization',
    person: `everything in the name of ${name ?? subject ?? 'one person'}`,
    agent: `${subject ?? ''} in ${name === undefined ? 'anybody’s name' : `the name of ${name}`}`,
    mandate: `mandate ${subject ?? ''}`,
  }[what]
  return entry(
    [id, timeCell(at), lifted === undefined ? 'in force' : `lifted ${timeCell(lifted)} by ${liftedBy ?? ''}`],
    `${shown(reach, 400)}, by ${by}`,
    note === undefined ? undefined : `“${shown(note, 400)}”`,
  )
}
