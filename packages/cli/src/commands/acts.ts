import type { Receipt } from '@ambit/core/receipt'
import type { ActSummary } from '@ambit/sdk/acts'
import type { ReceiptVerdict } from '@ambit/sdk/verify'
import type { Command } from 'commander'
import { collect, parseCount } from '../arguments.ts'
import type { Context } from '../context.ts'
import { readDocument } from '../document.ts'
import { writePrivate } from '../private-file.ts'
import { exitCodes } from '../refusal.ts'
import { cell, entry, facts, shown, table, timeCell } from '../text.ts'
import { contentsText, openingText } from './contents.ts'

/** What was done, and the proof of it. */
export function actCommands(program: Command, context: Context): void {
  const acts = context
    .command(program, 'acts', 'list what was done, newest first', 'acts --limit 20')
    .option('--limit <n>', 'how many', '20')
    .option('--before <n>', 'go on from where the list before ended')
    .action(async (options: { limit: string; before?: string }) => {
      const before = options.before === undefined ? {} : { before: parseCount(options.before) }
      const ambit = await context.ambit()
      const { acts: page, ...rest } = await ambit.acts.list({ limit: parseCount(options.limit), ...before })
      const more = rest.next === undefined ? [] : [`Older ones: ambit acts --before ${rest.next}`]
      const text = page.length === 0 ? 'Nothing yet.' : [...page.map(actEntry), ...more].join('\n\n')
      context.reply({ text, json: { acts: page, ...rest } })
    })

  context
    .command(acts, 'show <act>', 'show one act, as its receipt proves it', 'acts show 019a… --contents')
    .option('--contents', 'open what was said in it; only for the person whose act it is')
    .action(async (act: string, { contents }: { contents?: true }) => {
      const { verifyReceipt } = await import('@ambit/sdk/verify')
      const ambit = await context.ambit()
      const verdict = await verifyReceipt(await ambit.acts.receipt(act))
      const opened = contents === true ? await ambit.acts.contents(act) : undefined
      context.reply({
        text: [verdictText(verdict), ...(opened === undefined ? [] : [contentsText(opened)])].join('\n\n'),
        json: { verdict, ...(opened === undefined ? {} : { contents: opened }) },
        exitCode: verdict.ok ? exitCodes.done : exitCodes.refused,
      })
    })

  context
    .command(program, 'receipt <act>', 'get the proof of an act', 'receipt 019a… --open -o receipt.json')
    .option('-o, --output <file>', 'write it to a file')
    .option('--open', 'with what was said in it, for whoever is to read it; only of your own acts')
    .action(async (act: string, { output, open }: { output?: string; open?: true }) => {
      const ambit = await context.ambit()
      const closed = (await ambit.acts.receipt(act)) as object
      const receipt =
        open === true ? { ...closed, openings: (await ambit.acts.contents(act)).openings } : closed
      const text = JSON.stringify(receipt, null, 2)
      if (output === undefined) {
        context.reply({ text, json: receipt })
        return
      }
      // It may open the contents of the act, so it is nobody else's to read.
      await writePrivate(output, `${text}\n`)
      context.reply({
        text: `Wrote ${output}. Check it anywhere with \`ambit verify ${output}\`.`,
        json: { written: output },
      })
    })

  context
    .command(
      program,
      'verify <file>',
      'check a receipt without asking anyone: 0 it holds, 1 it does not, 2 it could not be checked',
      'verify receipt.json --key "example.org/log+0a1b2c3d+AX…"',
    )
    .option(
      '--key <vkey>',
      'a log you trust; left out, the receipt is checked by the key it carries',
      collect,
    )
    .option(
      '--policy <file>',
      'logs you trust and the witnesses that must have cosigned (c2sp.org/tlog-policy)',
    )
    .action(async (file: string, { key, policy }: { key?: readonly string[]; policy?: string }) => {
      const { verifyReceipt } = await import('@ambit/sdk/verify')
      const { trustChoice } = await import('./log/log-options.ts')
      const receipt = await readDocument(context.terminal, file)
      const choice = await trustChoice(policy === undefined ? {} : { policy })
      const verdict = await verifyReceipt(receipt, {
        ...(key === undefined ? {} : { vkeys: key }),
        ...(choice?.kind === 'policy' ? { policy: choice.policy } : {}),
      })
      const exitCode = verdict.ok ? exitCodes.done : exitCodes.refused
      // One that holds was read against its schema.
      const opened = verdict.ok ? openedText(receipt as Receipt) : []
      const text = [verdictText(verdict), ...opened].join('\n\n')
      context.reply({ text, json: verdict, exitCode })
    })
}

/** What it was about comes first: an act that waits has a target too, and no decision. */
function actEntry({
  act,
  at,
  target,
  capability,
  decision,
  status,
  error,
  durationMs,
  reasons = [],
}: ActSummary) {
  const outcome = [status, error].filter((part) => part !== undefined).join(' ')
  const words = [
    target === undefined ? cell(capability) : `${cell(capability)} of ${cell(target.slug)}`,
    decision,
    cell(outcome),
    durationMs === undefined ? '' : `${durationMs} ms`,
    reasons.map((reason) => cell(reason.code)).join(' '),
  ]
  return entry([act, timeCell(at)], words.filter((each) => each !== '').join(', '))
}

/** What a receipt that holds opens: each content was checked against the commitment in its entry. */
function openedText({ openings = [] }: Receipt): string[] {
  if (openings.length === 0) return []
  return ['What was said is in the receipt, and is what the entries commit to:', ...openings.map(openingText)]
}

function verdictText(verdict: ReceiptVerdict): string {
  if (!verdict.ok) {
    const where = verdict.where === undefined ? '' : ` (${shown(verdict.where)})`
    return `The receipt does not hold: ${shown(verdict.reason)}${where}\n  [${verdict.code}]`
  }
  const rows = verdict.leaves.map(({ log, index, leaf }) => [
    String(index),
    ...(verdict.logs.length === 1 ? [] : [shown(verdict.logs[log]?.origin ?? '')]),
    leaf.kind,
    timeCell(leaf.at),
    leaf.kind === 'act.outcome' ? leaf.status : '',
  ])
  const logs = verdict.logs.flatMap(({ origin, size, witnesses }): [string, string][] => [
    ['log', `${shown(origin)}, ${size} entries`],
    ...witnesses.map(({ name, time }): [string, string] => [
      'witness',
      `${shown(name)}, ${timeCell(new Date(time * 1000).toISOString())}`,
    ]),
  ])
  const header = ['entry', ...(verdict.logs.length === 1 ? [] : ['log']), 'leaf', 'at', 'outcome']
  return [
    facts([['act', shown(verdict.act)], ...logs]),
    table(header, rows),
    verdict.keyPinned
      ? 'The receipt holds, by a key you named.'
      : 'The receipt holds by the key it carries. Name the log you trust with --key to know whose it is.',
  ].join('\n\n')
}
