import type { FeedEntry } from '@ambit/sdk/feed'
import { Option } from 'commander'
import type { Command } from 'commander'
import { effects, parseCount, parseSince } from '../arguments.ts'
import type { Context } from '../context.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { inWords } from '../terminal.ts'
import type { Terminal } from '../terminal.ts'
import { cell, entry, shown, table, timeCell } from '../text.ts'

interface FeedOptions {
  readonly since?: string
  readonly agent?: string
  readonly effect?: NonNullable<FeedEntry['effect']>
  readonly new?: true
  readonly limit: string
  readonly before?: string
  readonly seen?: true
}

const sentenceCharactersMax = 600

/** What was done in your name, and taking it back. */
export function feedCommands(program: Command, context: Context): void {
  const feed = context
    .command(program, 'feed', 'read what was done in your name, newest first', 'feed --since 1d')
    .option('--since <time>', 'not older: 12h, 7d, 2026-11-20')
    .option('--agent <id>', 'of one agent, by its identity code or did:key')
    .addOption(new Option('--effect <effect>', 'of one effect').choices(effects))
    .option('--new', 'only what came since you last looked')
    .option('--seen', 'note that you have seen the newest')
    .option('--limit <n>', 'how many', '20')
    .option('--before <act>', 'go on from where the list before ended')
    .action(async (options: FeedOptions) => {
      await readFeed(context, options)
    })

  context
    .command(feed, 'digest', 'count what was done on each of the last days', 'feed digest --days 7')
    .option('--days <n>', 'how many days', '7')
    .action(async (options: { days: string }) => {
      const ambit = await context.ambit()
      const { days } = await ambit.feed.digest(parseCount(options.days))
      const header = ['day', 'done', 'undone', 'failed', 'refused', 'declined', 'waiting', 'reads'] as const
      const rows = days.map((day) => header.map((name) => String(day[name])))
      context.reply({ text: table(header, rows), json: { days } })
    })
  undoCommand(program, context)
}

async function readFeed(context: Context, options: FeedOptions): Promise<void> {
  const { since, agent, effect, before } = options
  const from = since === undefined ? {} : { from: parseSince(since, context.terminal.now()) }
  const ambit = await context.ambit()
  const { entries, next, current } = await ambit.feed.list({
    limit: parseCount(options.limit),
    ...from,
    ...(agent === undefined ? {} : { agent }),
    ...(effect === undefined ? {} : { effect }),
    ...(options.new === true ? { new: '1' as const } : {}),
    ...(before === undefined ? {} : { cursor: before }),
  })
  const [newest] = entries
  if (options.seen === true && newest !== undefined) await ambit.feed.seen(newest.act)
  const parts = entries.map((each) => feedEntry(context.terminal, each))
  if (parts.length === 0) parts.push('Nothing.')
  parts.push('What only reads is counted, not listed: ambit feed digest')
  if (!current) parts.push('The node still reads its log: the newest may be missing.')
  if (next !== undefined) parts.push(`Older ones: ambit feed --before ${next}`)
  const json = { entries, current, ...(next === undefined ? {} : { next }) }
  context.reply({ text: parts.join('\n\n'), json })
}

/** `ambit undo` of one act, or of all that one task did. */
function undoCommand(program: Command, context: Context): void {
  context
    .command(
      program,
      'undo [act]',
      'undo an act in your name: veto it while it is held, else take it back',
      'undo 019a…',
    )
    .option('--trace <id>', 'all that one task did, the newest first')
    .action(async (act: string | undefined, { trace }: { trace?: string }) => {
      if ((act === undefined) === (trace === undefined)) {
        throw new Refusal('it is not said what to undo', 'Name an act of `ambit feed`, or --trace <id>.')
      }
      const { outbox } = await context.ambit()
      if (act !== undefined) {
        const undone = await outbox.undo(act)
        const text =
          undone.state === 'vetoed'
            ? 'Vetoed: it was still held, and nothing was done.'
            : `Undone${undone.by === undefined ? '' : ` by ${undone.by}`}.`
        context.reply({ text, json: undone })
        return
      }
      const result = await outbox.undoTrace(trace ?? '')
      const { failed } = result
      const stuck =
        failed === undefined ? [] : [`${failed.act} was not: ${cell(failed.title)}. ${shown(failed.detail)}`]
      context.reply({
        text: [`Undone ${result.undone.length} act(s).`, ...stuck].join('\n'),
        json: result,
        exitCode: failed === undefined ? exitCodes.done : exitCodes.refused,
      })
    })
}

function feedEntry(terminal: Pick<Terminal, 'environment'>, each: FeedEntry): string {
  const { act, at, state, undo } = each
  const hints = {
    can: `undo: ambit undo ${act}`,
    veto: `veto: ambit undo ${act}`,
    undoing: 'it is being undone',
    undone: `undone${undo.by === undefined ? '' : ` by ${undo.by}`}`,
    cannot: undefined,
  }
  return entry(
    [timeCell(at), act, state, each.new ? 'new' : ''],
    shown(inWords(terminal, each.sentence), sentenceCharactersMax),
    hints[undo.state],
  )
}
