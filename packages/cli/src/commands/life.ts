import type { Transfer } from '@ambit/sdk/transfers'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { exitCodes } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cell, shown, table, timeCell } from '../text.ts'

/** What happens to a record beside its steps: its name, its keeper, its reviewers, and its end. */
export function lifeCommands(program: Command, context: Context): void {
  context
    .command(program, 'rename <slug> <new>', 'give a record another name', 'rename mailer post')
    .option('--note <text>', 'why, for the record')
    .option('--confirm-name', 'say, as an owner, that it may resemble another name')
    .action(async (slug: string, name: string, options: { note?: string; confirmName?: boolean }) => {
      const view = await (await context.ambit()).records.rename(slug, { slug: name, ...options })
      context.reply({ text: `${slug} is called ${view.summary.slug} now (${view.state}).`, json: view })
    })
  context
    .command(
      program,
      'decommission <slug>',
      'retire it, revoke everything that hangs on it, and say what is left',
      'decommission mailer --note "replaced by post"',
    )
    .option('--note <text>', 'why, for the record')
    .action(async (slug: string, { note }: { note?: string }) => {
      const report = await (await context.ambit()).records.decommission(slug, note)
      const done = report.done.map(({ what, count }) => [cell(what), String(count)])
      const left = report.residue.map(
        ({ what, count, problem }) => `- ${cell(what)}: ${count} ${shown(problem ?? '')}`,
      )
      const verdict = left.length === 0 ? 'Nothing is left.' : `Left, so ask again:\n${left.join('\n')}`
      context.reply({
        text: `${table(['ended', 'count'], done)}\n\n${verdict}`,
        json: report,
        exitCode: left.length === 0 ? exitCodes.done : exitCodes.refused,
      })
    })
  commentCommands(program, context)
  transferCommands(program, context)
  takedownCommands(program, context)
}

function commentCommands(program: Command, context: Context): void {
  context
    .command(program, 'comments <slug>', 'show what was said of a record', 'comments mailer')
    .action(async (slug: string) => {
      const comments = await (await context.ambit()).records.comments(slug)
      const rows = comments.map(({ at, person, version, text }) => [
        timeCell(at),
        cell(person),
        version,
        shown(text, 200),
      ])
      const text = rows.length === 0 ? 'Nothing yet.' : table(['at', 'person', 'version', 'text'], rows)
      context.reply({ text, json: { comments } })
    })
  context
    .command(
      program,
      'comment <slug> <text>',
      'say something of a record',
      'comment mailer "Who answers at night?"',
    )
    .action(async (slug: string, text: string) => {
      const comment = await (await context.ambit()).records.comment(slug, text)
      context.reply({ text: 'Said.', json: comment })
    })
  context
    .command(
      program,
      'review [people]',
      'say how many people bring a version into use: one or two',
      'review two',
    )
    .action(async (people: string | undefined) => {
      const { records } = await context.ambit()
      if (people !== undefined) await needSession(context.terminal, 'this')
      const review =
        people === undefined
          ? await records.review()
          : await records.setReview({ twoPeople: people === 'two' })
      const text = review.twoPeople
        ? 'Who submits a version may not be the one who activates it.'
        : 'One person may submit and activate a version.'
      context.reply({ text, json: review })
    })
}

function transferCommands(program: Command, context: Context): void {
  const said = (transfer: Transfer) =>
    `${cell(transfer.slug)} from ${cell(transfer.from)} to ${cell(transfer.to)}: ${transfer.state} (${transfer.id})${transfer.problem === undefined ? '' : `: ${cell(transfer.problem)}`}`
  const list = async () => {
    const transfers = await (await context.ambit()).transfers.list()
    const text = transfers.length === 0 ? 'Nothing yet.' : transfers.map(said).join('\n')
    context.reply({ text, json: { transfers } })
  }
  const group = context
    .command(program, 'transfers', 'list records offered to and by the organization', 'transfers')
    .action(list)
  context.command(group, 'list', 'list them', 'transfers list').action(list)
  context
    .command(
      group,
      'offer <slug> <organization>',
      'offer a record to another one',
      'transfers offer mailer north',
    )
    .option('--note <text>', 'why, for both sides')
    .action(async (slug: string, to: string, { note }: { note?: string }) => {
      await needSession(context.terminal, 'giving a record away')
      const offered = await (await context.ambit()).transfers.offer(slug, { to, ...(note && { note }) })
      context.reply({ text: said(offered), json: offered })
    })
  context
    .command(group, 'accept <id>', 'take a record over', 'transfers accept x_1 --name mailer')
    .option('--name <slug>', 'what it is called here')
    .action(async (id: string, { name }: { name?: string }) => {
      await needSession(context.terminal, 'taking a record over')
      const view = await (
        await context.ambit()
      ).transfers.accept(id, name === undefined ? {} : { slug: name })
      context.reply({ text: `${view.summary.slug} is yours (${view.state}).`, json: view })
    })
  for (const [word, summary] of [
    ['decline', 'do not take a record over'],
    ['withdraw', 'take an offer back'],
  ] as const) {
    context.command(group, `${word} <id>`, summary, `transfers ${word} x_1`).action(async (id: string) => {
      await needSession(context.terminal, 'this')
      const ended = await (await context.ambit()).transfers[word](id)
      context.reply({ text: said(ended), json: ended })
    })
  }
}

function takedownCommands(program: Command, context: Context): void {
  const list = async () => {
    const takedowns = await (await context.ambit()).takedowns.list()
    const rows = takedowns.map(({ record, slug, organization, since, reason }) => [
      cell(slug),
      cell(organization),
      cell(record),
      timeCell(since),
      shown(reason, 100),
    ])
    const text =
      rows.length === 0 ? 'Nothing is taken down.' : table(['record', 'of', 'id', 'since', 'why'], rows)
    context.reply({ text, json: { takedowns } })
  }
  const group = context
    .command(program, 'takedowns', 'list what is taken down; for who runs the node', 'takedowns')
    .action(list)
  context.command(group, 'list', 'list them', 'takedowns list').action(list)
  context
    .command(
      group,
      'add <record>',
      'take a record of any organization away at once',
      'takedowns add 1.2.156.3088… --reason "sends what it reads to a stranger"',
    )
    .requiredOption('--reason <text>', 'why, for everybody')
    .option('--whole-hosts', 'let nothing at its hosts be registered')
    .option('--dependants', 'suspend what is made of it, too')
    .action(
      async (record: string, options: { reason: string; wholeHosts?: boolean; dependants?: boolean }) => {
        const done = await (await context.ambit()).takedowns.takeDown({ record, ...options })
        context.reply({
          text: `Taken down: ${done.stopped} call(s) under way stopped, ${done.dependants.length} record(s) made of it advised, ${done.tookMs} ms.`,
          json: done,
        })
      },
    )
  context
    .command(group, 'lift <record>', 'end a takedown', 'takedowns lift 1.2.156.3088… --note "a mistake"')
    .requiredOption('--note <text>', 'why, for the record')
    .action(async (record: string, { note }: { note: string }) => {
      const lifted = await (await context.ambit()).takedowns.lift(record, note)
      context.reply({ text: 'Lifted; its organization puts it back in force.', json: lifted })
    })
}
