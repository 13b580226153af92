import type { RecordState } from '@ambit/core/record'
import type { Command } from 'commander'
import { collect, parseChanges, parseVersioned } from '../arguments.ts'
import type { Context } from '../context.ts'
import { allPages } from '../pages.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { cell, shown, table, timeCell } from '../text.ts'
import { recordText } from './record-text.ts'

const states = [
  'draft',
  'submitted',
  'active',
  'suspended',
  'recalled',
  'retired',
] as const satisfies RecordState[]

const steps = [
  ['submit', 'hand the draft in'],
  ['activate', 'let it be called'],
  ['suspend', 'stop it for now, calls under way included'],
  ['reinstate', 'let a suspended record be called again'],
] as const

/** What is in the registry, and its life. */
export function recordCommands(program: Command, context: Context): void {
  lookCommands(program, context)
  changeCommands(program, context)
  for (const [step, summary] of steps) {
    context
      .command(program, `${step} <slug>`, summary, `${step} mailer`)
      .option('--note <text>', 'why, for the record')
      .action(async (slug: string, { note }: { note?: string }) => {
        const view = await (await context.ambit()).records[step](slug, note)
        context.reply({ text: `${view.summary.slug} ${view.summary.version} is ${view.state}.`, json: view })
      })
  }
  context
    .command(program, 'retire <slug>', 'end it for good and give its name back', 'retire mailer')
    .option('--note <text>', 'why, for the record')
    .action(async (slug: string, { note }: { note?: string }) => {
      const retired = await (await context.ambit()).records.retire(slug, note)
      context.reply({ text: `${slug} is retired.`, json: retired })
    })
  context
    .command(
      program,
      'recall <record>',
      'stop a record or one version of it at once, everywhere',
      'recall mailer@1.2.0 --note "sends to the wrong people"',
    )
    .requiredOption('--note <text>', 'why, for everyone who depends on it')
    .option('--dependants', 'also suspend your own records that are made of it')
    .action(async (record: string, { note, dependants }: { note: string; dependants?: boolean }) => {
      const { slug, ...version } = parseVersioned(record)
      const recalled = await (
        await context.ambit()
      ).records.recall(slug, {
        ...version,
        note,
        ...(dependants === true ? { dependants } : {}),
      })
      const versions = recalled.ruling.body.subject.digests.length
      const advised = recalled.dependants.map(
        ({ slug: each, suspended }) => `${each}${suspended ? ' (suspended)' : ''}`,
      )
      const made = advised.length === 0 ? '' : `\nMade of it, and told: ${advised.join(', ')}.`
      context.reply({
        text: `Recalled ${record}: ${versions} version(s), ${recalled.stopped} call(s) under way stopped, ${recalled.tookMs} ms.${made}`,
        json: recalled,
      })
    })
}

function lookCommands(program: Command, context: Context): void {
  context
    .command(program, 'records [list]', 'list what is registered', 'records --search mail --state active')
    .option('--search <words>', 'in names and descriptions')
    .option('--state <state>', states.join(', '))
    .action(async (list: string | undefined, options: { search?: string; state?: string }) => {
      if (list !== undefined && list !== 'list') {
        throw new Refusal(`records takes no ${list}`, `To look at one record: \`ambit show ${list}\`.`)
      }
      const { search } = options
      const state = options.state === undefined ? undefined : parseState(options.state)
      const ambit = await context.ambit()
      const records = await allPages(context.terminal, async (cursor) => {
        const query = { ...(search && { search }), ...(state && { state }), ...cursor }
        const page = await ambit.records.list(query)
        return { rows: page.records, next: page.next }
      })
      const rows = records.map((record) => [
        record.slug,
        cell(record.title),
        record.version,
        record.state,
        record.protocols.join(' '),
        String(record.tools),
        record.proposals === 0 ? '' : String(record.proposals),
        record.held === 0 ? '' : String(record.held),
        record.certified ? 'yes' : '',
        timeCell(record.updated),
      ])
      const header = ['record', 'title', 'version', 'state', 'protocols', 'capabilities', 'proposals', 'held']
      context.reply({
        text: rows.length === 0 ? 'Nothing yet.' : table([...header, 'certified', 'updated'], rows),
        json: { records },
      })
    })

  context
    .command(program, 'show <slug>', 'show one record and what waits in it', 'show mailer')
    .action(async (slug: string) => {
      const view = await (await context.ambit()).records.get(slug)
      context.reply({ text: recordText(view), json: view })
    })

  context
    .command(program, 'logs <slug>', 'show what the program of a record wrote last', 'logs files')
    .action(async (slug: string) => {
      const output = await (await context.ambit()).records.errorOutput(slug)
      const lines = (output.text ?? '').trimEnd().split('\n')
      const nothing = 'No program of it ran since the node started, or it wrote nothing.'
      context.reply({
        text: lines.join('') === '' ? nothing : lines.map((line) => shown(line)).join('\n'),
        json: output,
      })
    })
}

function changeCommands(program: Command, context: Context): void {
  context
    .command(
      program,
      'edit <slug>',
      'change members of the draft',
      'edit mailer --set responsible.name="Mail team"',
    )
    .requiredOption('--set <pair>', 'name=value; the value is JSON or text', collect)
    .action(async (slug: string, options: { set: readonly string[] }) => {
      const view = await (await context.ambit()).records.edit(slug, parseChanges(options.set))
      context.reply({ text: recordText(view), json: view })
    })

  context
    .command(
      program,
      'accept <slug> [capability...]',
      'put proposed profiles and changed definitions into force; all of them when none is named',
      'accept mailer send',
    )
    .action(async (slug: string, capabilities: readonly string[]) => {
      const acceptance = capabilities.length === 0 ? {} : { capabilities }
      const view = await (await context.ambit()).records.accept(slug, acceptance)
      context.reply({ text: recordText(view), json: view })
    })

  context
    .command(program, 'certify <slug>', 'test the live agent against its record', 'certify mailer')
    .action(async (slug: string) => {
      const result = await (await context.ambit()).records.certify(slug)
      const rows = result.checks.map((check) => [check.id, check.ok ? 'yes' : 'NO', shown(check.what)])
      const verdict = result.certified ? `${slug} is certified.` : `${slug} is not certified.`
      context.reply({
        text: `${table(['check', 'ok', 'what'], rows)}\n\n${verdict}`,
        json: result,
        exitCode: result.certified ? exitCodes.done : exitCodes.refused,
      })
    })

  context
    .command(program, 'probe <slug>', 'ask the live agent again what it offers', 'probe mailer')
    .action(async (slug: string) => {
      const probe = await (await context.ambit()).records.probe(slug)
      const changes = probe.changes.map(({ capability, change }) => `- ${cell(capability)}: ${cell(change)}`)
      const text = !probe.reachable
        ? `${slug} does not answer: ${shown(probe.problem ?? 'no reason given')}`
        : [`${slug} answers; ${changes.length} change(s).`, ...changes].join('\n')
      context.reply({ text, json: probe, exitCode: probe.reachable ? exitCodes.done : exitCodes.refused })
    })
}

function parseState(text: string): RecordState {
  const state = states.find((each) => each === text)
  if (state !== undefined) return state
  throw new Refusal(`${text} is no state`, `The states are ${states.join(', ')}.`)
}
