import type { ReceiptOpening } from '@ambit/core/receipt'
import type { ActContents } from '@ambit/sdk/acts'
import type { Command } from 'commander'
import { Refusal } from '../refusal.ts'
import type { Context } from '../context.ts'
import { cell, facts, shown, table } from '../text.ts'

interface EraseOptions {
  readonly subject: string
  readonly period?: string
  readonly ground?: string
  readonly freeze?: true
  readonly release?: true
}

/** What was said in acts, erased or frozen. */
export function contentsCommands(program: Command, context: Context): void {
  context
    .command(
      program,
      'erase',
      'erase what was said in the acts of a person, for good; receipts still verify',
      'erase --subject p_019a… --ground "Art. 17 GDPR, request of 2026-11-20"',
    )
    .requiredOption('--subject <person>', 'whose contents, by the id that `ambit whoami` shows')
    .option('--period <half-year>', 'only of this half-year, like 2026h2')
    .option('--ground <text>', 'the legal ground; it stands in the log for good, so name nobody in it')
    .option('--freeze', 'do not erase: keep them, and open them for nobody')
    .option('--release', 'end the freezing')
    .action(async (options: EraseOptions) => {
      const { people } = await context.ambit()
      const { subject, period } = options
      if (options.release === true) {
        await people.release(subject)
        context.reply({
          text: 'Released: the person can open their contents again.',
          json: { released: subject },
        })
        return
      }
      const ground = options.ground ?? ''
      if (ground === '') throw new Refusal('there is no ground', 'Say why with --ground "…".')
      if (options.freeze === true) {
        await people.freeze(subject, { ground })
        context.reply({ text: 'Frozen: kept, and opened for nobody.', json: { frozen: subject } })
        return
      }
      const erased = await people.erase(subject, { ground, ...(period === undefined ? {} : { period }) })
      context.reply({ text: erasedText(erased), json: erased })
    })
}

function erasedText({
  periods,
  entry,
}: {
  periods: readonly string[]
  entry?: { index: number; salt: string }
}) {
  if (entry === undefined) return 'There was nothing to erase.'
  return [
    facts([
      ['erased', periods.map((period) => cell(period)).join(' ')],
      ['entry of the log', String(entry.index)],
      ['salt', cell(entry.salt)],
    ]),
    'Keep the salt if you have to show later whose contents these were: the node does not know it any more.',
  ].join('\n\n')
}

/** What was said in one act, for people. */
export function contentsText({ openings, unopened }: ActContents): string {
  const parts = openings.map(openingText)
  const rows = unopened.map(({ index, field, reason }) => [String(index), cell(field), reasons[reason]])
  if (rows.length > 0) parts.push(table(['entry', 'content', 'not there, because'], rows))
  return parts.length === 0 ? 'This act has no contents.' : parts.join('\n\n')
}

export function openingText({ field, text, value }: ReceiptOpening): string {
  return `${cell(field)}\n  ${shown(text ?? JSON.stringify(value), textCharactersMax)}`
}

/** More is read with --json. */
const textCharactersMax = 4000

const reasons: Readonly<Record<ActContents['unopened'][number]['reason'], string>> = {
  'too-large': 'it was larger than the node keeps',
  'not-text': 'it is no text',
  damaged: 'stored bytes could not be read',
  expired: 'it is older than the node keeps contents',
  missing: 'it was not kept',
}
