import { checkPromise } from '@ambit/sdk/verify'
import type { PromiseCheck, PromiseEvidence } from '@ambit/sdk/verify'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { readDocument } from '../../document.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import type { ExitCode } from '../../refusal.ts'
import { facts, shown } from '../../text.ts'
import { openSource, withSource } from './log-options.ts'
import type { SourceOptions } from './log-options.ts'

interface PromiseOptions extends SourceOptions {
  readonly log?: string
  readonly receipt?: string
  readonly vkey?: string
}

/** `ambit log promise`: whether a log kept its word about the entries of an act. */
export function promiseCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'promise <file>',
    'tell whether a log kept its promise about an act: 0 kept, 1 broken, 2 not known yet',
    'log promise promise.json --log http://localhost:7100/log/activity/2026h2',
  )
  withSource(command)
    .option('--log <url|folder>', 'the log to hold it against')
    .option('--receipt <file>', 'a receipt of the same act to hold it against; then nobody is asked')
    .option(
      '--vkey <key>',
      'the key of the log you trust; left out, the promise is checked by the key it carries',
    )
    .action(async (file: string, options: PromiseOptions) => {
      const promise = await readDocument(context.terminal, file)
      const evidence = await evidenceOf(context, options)
      const { vkey } = options
      const check = await checkPromise(promise, evidence, vkey === undefined ? {} : { vkeys: [vkey] })
      context.reply({ text: textOf(check), json: check, exitCode: exitCodeOf(check) })
    })
}

async function evidenceOf(context: Context, options: PromiseOptions): Promise<PromiseEvidence> {
  const { log, receipt } = options
  if ((log === undefined) === (receipt === undefined)) {
    throw new Refusal('a promise is held against a log or a receipt', 'Give one of --log and --receipt.')
  }
  if (receipt !== undefined) return { receipt: await readDocument(context.terminal, receipt) }
  return { source: await openSource(log!, options), now: Date.now() }
}

function exitCodeOf(check: PromiseCheck): ExitCode {
  if (!check.ok || check.state === 'broken') return exitCodes.refused
  return check.state === 'kept' ? exitCodes.done : exitCodes.untried
}

function textOf(check: PromiseCheck): string {
  if (!check.ok) {
    const where = check.where === undefined ? '' : ` (${shown(check.where)})`
    return `The promise does not hold: ${shown(check.reason)}${where}\n  [${check.code}]`
  }
  const { act, log, leaves } = check.promise
  const about = facts([
    ['act', shown(act)],
    ['log', shown(log.origin)],
    ['entries', shown(leaves.map(({ index }) => String(index)).join(', '))],
  ])
  const whose = check.keyPinned
    ? ''
    : '\n\nThe promise is signed by the key it carries. Name the log you trust with --vkey to know whose it is.'
  return `${verdictOf(check)}\n${about}${whose}`
}

function verdictOf(check: Extract<PromiseCheck, { ok: true }>): string {
  switch (check.state) {
    case 'kept':
      return `The promise was kept: a checkpoint of ${check.size} entries covers them all.`
    case 'not-due':
      return `The promise is not due before ${new Date(check.dueAt).toISOString()}. Ask again then.`
    case 'unproven':
      return `What was given does not tell: ${shown(check.reason)}.`
    default:
      return check.provable
        ? `The promise was broken: ${shown(check.reason)}. Keep the promise and this checkpoint; together they prove it to anybody.\n\n${shown(check.checkpoint)}`
        : `The promise was broken: ${shown(check.reason)}. Whoever reads the log now can see it too; keep the promise.`
  }
}
