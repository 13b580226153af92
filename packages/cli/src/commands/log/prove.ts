import { writeFile } from 'node:fs/promises'
import { formatProof } from '@ambit/core/log/proof'
import { TileProver } from '@ambit/core/log/tile-prover'
import type { Command } from 'commander'
import { parseCount } from '../../arguments.ts'
import type { Context } from '../../context.ts'
import { Refusal } from '../../refusal.ts'
import { openSource, trustChoice, trustOf, withSource, withTrust } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { nodeHashing } from './node-hashing.ts'
import { openHead } from './open-head.ts'

interface ProveOptions extends SourceOptions, TrustOptions {
  readonly log: string
  readonly out?: string
  readonly entryOut?: string
}

/** `ambit log prove`: a proof file of one entry (c2sp.org/tlog-proof), from the tiles alone. */
export function proveCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'prove <index>',
    'make the proof of an entry from the files of its log',
    'log prove 12 --log http://localhost:7100/log/activity/2026h2 --out 12.tlog-proof',
  )
  withTrust(withSource(command))
    .requiredOption('--log <url|folder>', 'the log')
    .option('--out <file>', 'write the proof to a file')
    .option(
      '--entry-out <file>',
      'write the entry too, byte for byte: `ambit log verify` takes it with --entry',
    )
    .action(async (indexText: string, options: ProveOptions) => {
      const index = parseCount(indexText)
      const choice = await trustChoice(options)
      const source = await openSource(options.log, options)
      const { checkpoint, text } = await openHead(source, choice && trustOf(choice))
      const prover = new TileProver(source, nodeHashing)
      const hashes = await prover.inclusion(index, checkpoint)
      if (options.entryOut !== undefined)
        await writeOut(options.entryOut, await prover.entry(index, checkpoint.size))
      const proof = formatProof({ index, hashes, checkpoint: text })
      const { origin, size } = checkpoint
      const json = { origin, index, size, checked: choice !== undefined }
      if (options.out === undefined) {
        context.reply({ text: proof.trimEnd(), json: { ...json, proof } })
        return
      }
      await writeOut(options.out, proof)
      context.reply({
        text: `Wrote ${options.out}: entry ${index} of ${size}. Check it anywhere with \`ambit log verify\`.`,
        json: { ...json, written: options.out },
      })
    })
}

export async function writeOut(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content)
  } catch (error) {
    throw new Refusal(`${path} could not be written`, 'Check that the folder exists and is yours.', error)
  }
}
