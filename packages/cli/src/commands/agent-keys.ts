import type { AgentIdentity, RecoveredKey } from '@ambit/sdk/agent-keys'
import type { Command } from 'commander'
import { parseDuration } from '../arguments.ts'
import type { Context } from '../context.ts'
import { makeKeyFile, openKeyFile } from '../key-file.ts'
import { Refusal } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cell, facts, keyText, table, timeCell } from '../text.ts'

/** Keys of registered agents, below `ambit keys`. */
export function agentKeyCommands(keys: Command, context: Context): void {
  const agent = keys.command('agent').description('keys of a registered agent: list, rotate, recover, report')
  context
    .command(agent, 'list <slug>', 'show the DIDs, aliases and keys of an agent', 'keys agent list mailer')
    .action(async (slug: string) => {
      const identity = await (await context.ambit()).agentKeys.of(slug)
      context.reply({ text: identityText(identity), json: identity })
    })
  rotateCommand(agent, context)
  recoverCommands(agent, context)
  reportCommand(agent, context)
}

function rotateCommand(agent: Command, context: Context): void {
  context
    .command(
      agent,
      'rotate <slug>',
      'replace the key of an agent by a new one',
      'keys agent rotate mailer --key mailer.key --next mailer-2.key --overlap 1d',
    )
    .option('--key <file>', 'the key that is replaced; left out, the one that the node keeps')
    .option('--next <file>', 'where the new key is kept; it is made there')
    .option('--overlap <time>', 'how long both count: 0, 12h, 7d; a day when left out')
    .action(async (slug: string, options: { key?: string; next?: string; overlap?: string }) => {
      const { agentKeys } = await context.ambit()
      const overlap = options.overlap === undefined ? {} : { overlapS: secondsOf(options.overlap) }
      if ((options.key === undefined) !== (options.next === undefined))
        throw new Refusal('--key and --next belong together', 'Name both files, or neither.')
      if (options.key === undefined || options.next === undefined) {
        const rotated = await agentKeys.rotateKept(slug, overlap)
        context.reply({ text: rotatedText(rotated), json: rotated })
        return
      }
      const signer = await openKeyFile(options.key)
      const { agent: aic } = await agentKeys.of(slug)
      // In its file before anybody relies on it.
      await makeKeyFile(options.next)
      const next = await openKeyFile(options.next)
      const rotated = await agentKeys.rotate(aic, signer, { next, ...overlap })
      context.reply({ text: rotatedText(rotated), json: rotated })
    })
}

function secondsOf(overlap: string): number {
  return overlap === '0' ? 0 : Math.round(parseDuration(overlap) / 1000)
}

function recoverCommands(agent: Command, context: Context): void {
  context
    .command(
      agent,
      'recover <slug>',
      'give an agent a new key where the old one is lost; the old ones are over at once',
      'keys agent recover mailer --key new.key --note "the disk died"',
    )
    .option('--key <file>', 'the new key; left out, the node makes and keeps one')
    .option('--note <text>', 'why, for the second person')
    .action(async (slug: string, { key, note }: { key?: string; note?: string }) => {
      await needSession(context.terminal, 'recovering a key')
      const signer = key === undefined ? undefined : await openKeyFile(key)
      const result = await (
        await context.ambit()
      ).agentKeys.recover(slug, {
        ...(signer === undefined ? {} : { signer }),
        ...(note === undefined ? {} : { note }),
      })
      context.reply({ text: recoveredText(result), json: result })
    })
  context
    .command(agent, 'recoveries', 'list recoveries that wait for a second person', 'keys agent recoveries')
    .action(async () => {
      const listed = await (await context.ambit()).agentKeys.recoveries()
      const rows = listed.waiting.map(({ id, agent: aic, person, at, note }) => [
        id,
        aic,
        person,
        timeCell(at),
        cell(note ?? ''),
      ])
      const text =
        rows.length === 0 ? 'Nothing waits.' : table(['recovery', 'agent', 'asked by', 'when', 'why'], rows)
      context.reply({ text: `${text}\nA recovery takes ${listed.people} person(s).`, json: listed })
    })
  context
    .command(
      agent,
      'confirm <id>',
      'confirm a recovery that another person asked for',
      'keys agent confirm kr_019a…',
    )
    .action(async (id: string) => {
      await needSession(context.terminal, 'confirming a recovery')
      const result = await (await context.ambit()).agentKeys.confirm(id)
      context.reply({ text: recoveredText(result), json: result })
    })
  context
    .command(
      agent,
      'people <number>',
      'say how many people a recovery takes: 1 or 2; owners only',
      'keys agent people 2',
    )
    .action(async (number: string) => {
      if (number !== '1' && number !== '2')
        throw new Refusal(`a recovery takes 1 or 2 people, not ${number}`, 'Give 1 or 2.')
      await needSession(context.terminal, 'changing who may recover')
      const set = await (await context.ambit()).agentKeys.setPeople(number === '1' ? 1 : 2)
      context.reply({ text: `A recovery takes ${set.people} person(s) now.`, json: set })
    })
}

function reportCommand(agent: Command, context: Context): void {
  context
    .command(
      agent,
      'report <slug> [key]',
      'report a key as compromised: it counts no more, at once and for ever',
      'keys agent report mailer did:key:z6Mk…',
    )
    .option('--key <file>', 'say it with the key itself')
    .option('--yes', 'do not ask first')
    .action(async (slug: string, key: string | undefined, options: { key?: string; yes?: true }) => {
      if ((key === undefined) === (options.key === undefined))
        throw new Refusal('it is not said which key', 'Name the did:key, or its file with --key.')
      if (options.yes !== true) {
        const answer = await context.terminal.ask(
          `End that key of ${cell(slug)} for ever, calls under way included? Type yes: `,
        )
        // Where nobody can be asked it is done: a key left in the wrong hands costs more.
        if (answer !== undefined && answer.trim().toLowerCase() !== 'yes') {
          context.reply({ text: 'Nothing was reported.', json: { reported: false } })
          return
        }
      }
      const { agentKeys } = await context.ambit()
      const signer = options.key === undefined ? undefined : await openKeyFile(options.key)
      const reported =
        signer === undefined
          ? await agentKeys.report(slug, key!)
          : await agentKeys.reportBy((await agentKeys.of(slug)).agent, signer)
      const text = `${reported.key}\nis compromised and never taken again; ${reported.mandates} mandate(s) ended.`
      context.reply({ text, json: reported })
    })
}

function identityText({ agent, slug, dids, aliases, keys }: AgentIdentity): string {
  const rows = keys.map(({ key, state, since, until, by, speaks }) => [
    key,
    speaks ? (until === undefined ? 'active' : `active until ${timeCell(until)}`) : state,
    timeCell(since),
    by,
  ])
  return [
    facts([
      ['agent', `${cell(slug)} ${agent}`],
      ...dids.map((did): [string, string] => ['did', keyText(did)]),
      ...aliases.map((alias): [string, string] => ['alias', keyText(alias)]),
    ]),
    '',
    table(['key', 'state', 'since', 'by'], rows),
  ].join('\n')
}

function rotatedText({ key, next, until }: { key: string; next: string; until: string }): string {
  return [
    `The new key: ${next}`,
    `${key} counts until ${timeCell(until)}; what it holds ends then.`,
    'Grant anew what it holds.',
  ].join('\n')
}

function recoveredText(result: RecoveredKey): string {
  if (result.state === 'waiting') return `It waits for a second person: ambit keys agent confirm ${result.id}`
  return `The key is now ${result.key}\n${result.retired.length} key(s) and ${result.mandates} mandate(s) ended.`
}
