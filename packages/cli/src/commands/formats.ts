import { writeFile } from 'node:fs/promises'
import { formats } from '@ambit/core/format'
import type { Format } from '@ambit/core/format'
import type { ExportFormat, ExportedRecord } from '@ambit/sdk/formats'
import type { Imported } from '@ambit/sdk/records'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { readObject } from '../document.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { cell, table } from '../text.ts'

const readable: readonly string[] = formats
const written: readonly string[] = [...readable, 'gbz185', 'tc260']

interface ImportOptions {
  readonly format?: string
  readonly name?: string
  readonly confirmName?: boolean
}

interface ExportOptions {
  readonly format: string
  readonly csv?: boolean
  readonly nodeAddresses?: boolean
  readonly output?: string
}

/** Records in the formats of others. */
export function formatCommands(program: Command, context: Context): void {
  context
    .command(
      program,
      'import <source>',
      'draft what a description says, or register every server of an MCP client configuration',
      'import https://agent.example/.well-known/agent-card.json',
    )
    .option('--format <format>', `of a description: ${readable.join(', ')}; else seen from it`)
    .option('--name <slug>', 'how people and addresses call it')
    .option('--confirm-name', 'its name may resemble another one')
    .action(async (source: string, options: ImportOptions) => {
      const imported = await importFrom(context, source, options)
      const rows = imported.results.map((result) => [
        cell(result.name),
        result.ok ? 'registered' : 'refused',
        cell(result.slug ?? ''),
        cell([result.problem?.detail, result.problem?.remedy].filter((part) => part !== undefined).join(' ')),
      ])
      context.reply({
        text: table(['entry', 'result', 'record', 'why'], rows),
        json: imported,
        exitCode: imported.results.every((result) => result.ok) ? exitCodes.done : exitCodes.refused,
      })
    })

  context
    .command(
      program,
      'export [slug]',
      'write a record in another format; without a name, all records in the asset register',
      'export weather --format acs --output acs.json',
    )
    .requiredOption('--format <format>', written.join(', '))
    .option('--csv', 'the asset register as a table for spreadsheets')
    .option('--node-addresses', "this node's addresses in place of the agent's own")
    .option('--output <file>', 'write it to a file')
    .action(async (slug: string | undefined, options: ExportOptions) => {
      const exported = await exportFrom(context, slug, options)
      const text = exported.csv ?? plainJson(exported.document)
      if (exported.losses.length > 0) {
        context.terminal.err(`Not in it, for want of a place: ${exported.losses.join('; ')}.`)
      }
      if (options.output === undefined) {
        context.reply({ text, json: exported })
        return
      }
      await save(options.output, text)
      context.reply({ text: `Written to ${options.output}.`, json: { ...exported, file: options.output } })
    })
}

async function importFrom(context: Context, source: string, options: ImportOptions): Promise<Imported> {
  const format = options.format === undefined ? undefined : parseFormat(options.format)
  const wish = {
    ...(format === undefined ? {} : { format }),
    ...(options.name === undefined ? {} : { slug: options.name }),
    ...(options.confirmName === true ? { confirmName: true } : {}),
  }
  if (/^https?:\/\//.test(source))
    return await (await context.ambit()).formats.import({ url: source, ...wish })
  const document = await readObject(context.terminal, source)
  const { mcpServers } = document
  const ambit = await context.ambit()
  if (typeof mcpServers === 'object' && mcpServers !== null && !Array.isArray(mcpServers)) {
    return await ambit.records.import({ mcpServers: { ...mcpServers } })
  }
  return await ambit.formats.import({ document, ...wish })
}

async function exportFrom(
  context: Context,
  slug: string | undefined,
  { format, csv, nodeAddresses }: ExportOptions,
): Promise<ExportedRecord> {
  if (!isWritten(format)) {
    throw new Refusal(`there is no format ${cell(format)}`, `One of ${written.join(', ')}.`)
  }
  if (csv === true && format !== 'tc260') {
    throw new Refusal('only the asset register is a table', 'Leave --csv out, or give --format tc260.')
  }
  const as = csv === true ? { as: 'csv' as const } : {}
  const ambit = await context.ambit()
  if (slug === undefined) {
    if (format === 'tc260') return await ambit.formats.assetRegister(as)
    throw new Refusal('no record was named', 'Only the asset register (--format tc260) holds all of them.')
  }
  const addresses = nodeAddresses === true ? { addresses: 'node' as const } : {}
  return await ambit.formats.export(slug, { format, ...as, ...addresses })
}

function isWritten(text: string): text is ExportFormat {
  return written.includes(text)
}

function parseFormat(text: string): Format {
  const format = formats.find((each) => each === text)
  if (format !== undefined) return format
  throw new Refusal(`a record is read from no format ${cell(text)}`, `One of ${readable.join(', ')}.`)
}

/** JSON in which whatever a terminal would act on, or not show, is written as an escape: the same value to a program. */
function plainJson(document: unknown): string {
  return JSON.stringify(document, null, 2).replaceAll(/[\p{Cf}\p{Zl}\p{Zp}\u0080-\u009f]/gu, (text) =>
    text
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    throw new Refusal(`${file} could not be written`, 'Check the folder and that it is yours.', error)
  }
}
