import { createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { utf8 } from '@ambit/core/bytes'
import { parseCheckpoint } from '@ambit/core/log/checkpoint'
import { formatCoseReceipt, parseCoseReceipt } from '@ambit/core/log/cose'
import { leafHash, verifyInclusion } from '@ambit/core/log/merkle'
import { strictBase64 } from '@ambit/core/log/note'
import { formatProof } from '@ambit/core/log/proof'
import { TileProver } from '@ambit/core/log/tile-prover'
import { receiptSchema } from '@ambit/core/receipt'
import type { Command } from 'commander'
import { parseCount } from '../../arguments.ts'
import type { Context } from '../../context.ts'
import { readDocument } from '../../document.ts'
import { Refusal } from '../../refusal.ts'
import { openSource, readText, trustChoice, trustOf, withSource, withTrust } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { nodeHashing } from './node-hashing.ts'
import { openHead } from './open-head.ts'
import { writeOut } from './prove.ts'

interface ExportOptions extends SourceOptions, TrustOptions {
  readonly log?: string
  readonly index?: string
  readonly format: string
  readonly signingKey?: string
  readonly out: string
}

interface Inclusion {
  readonly index: number
  readonly hashes: readonly Uint8Array[]
  readonly checkpoint: string
}

/** `ambit log export`: the proof of an entry in the forms that others read: a proof file, or a COSE receipt. */
export function exportCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'export <index|receipt>',
    'write the proof of an entry as a proof file (C2SP) or as a COSE receipt (RFC 9942)',
    'log export receipt.json --index 12 --format proof --out 12.tlog-proof',
  )
  withTrust(withSource(command))
    .requiredOption('--out <file>', 'where to write')
    .option('--format <form>', 'proof or cose', 'proof')
    .option('--log <url|folder>', 'the log that an index is of')
    .option('--index <n>', 'which entry of a receipt')
    .option(
      '--signing-key <file>',
      'for cose: the Ed25519 key that signs the root, as PEM; left out, the node signs',
    )
    .action(async (what: string, options: ExportOptions) => {
      if (options.format !== 'proof' && options.format !== 'cose') {
        throw new Refusal(`${options.format} is no format`, 'Write --format proof or --format cose.')
      }
      const inclusion = /^\d+$/.test(what)
        ? await fromLog(parseCount(what), options)
        : await fromReceipt(what, options, context)
      const content =
        options.format === 'proof'
          ? formatProof(inclusion)
          : options.signingKey === undefined
            ? await receiptOfNode(inclusion, context)
            : await coseReceipt(inclusion, options.signingKey)
      await writeOut(options.out, content)
      context.reply({
        text: `Wrote ${options.out}: entry ${inclusion.index} as ${options.format}.`,
        json: { index: inclusion.index, format: options.format, written: options.out },
      })
    })
}

async function fromLog(index: number, options: ExportOptions): Promise<Inclusion> {
  if (options.log === undefined) throw new Refusal('an index is of a log', 'Name the log with --log.')
  const choice = await trustChoice(options)
  const source = await openSource(options.log, options)
  const { checkpoint, text } = await openHead(source, choice && trustOf(choice))
  const hashes = await new TileProver(source, nodeHashing).inclusion(index, checkpoint)
  return { index, hashes, checkpoint: text }
}

async function fromReceipt(file: string, options: ExportOptions, { terminal }: Context): Promise<Inclusion> {
  const parsed = receiptSchema.safeParse(await readDocument(terminal, file))
  if (!parsed.success) {
    throw new Refusal(`${file} is no receipt`, 'Give a receipt (`ambit receipt`), or an index with --log.')
  }
  const { leaves, checkpoint } = parsed.data
  const index = options.index === undefined && leaves.length === 1 ? leaves[0]!.index : options.index
  const leaf = leaves.find((each) => String(each.index) === String(index))
  if (leaf === undefined) {
    const indexes = leaves.map((each) => each.index).join(', ')
    const what = index === undefined ? 'the receipt has several entries' : `the receipt has no entry ${index}`
    throw new Refusal(what, `Choose one with --index: ${indexes}.`)
  }
  const head = parseCheckpoint(checkpoint)
  const hashes = leaf.hashes.map((text) => strictBase64(text) ?? new Uint8Array(0))
  const claim = { index: leaf.index, leaf: await leafHash(utf8(leaf.entry)), proof: hashes }
  const verdict = head.ok ? await verifyInclusion({ ...claim, ...head.checkpoint }) : head
  if (!verdict.ok) {
    throw new Refusal(`the receipt does not hold: ${verdict.reason}`, 'See `ambit verify` for what is wrong.')
  }
  return { index: leaf.index, hashes, checkpoint }
}

/** Only the node has the key of its log. */
async function receiptOfNode({ index, checkpoint }: Inclusion, context: Context): Promise<Uint8Array> {
  const origin = checkpoint.slice(0, checkpoint.indexOf('\n'))
  const { receipt } = await (await context.ambit()).logs.cose(origin, index)
  const bytes = strictBase64(receipt)
  const parsed = bytes === undefined ? undefined : parseCoseReceipt(bytes)
  if (bytes !== undefined && parsed?.ok === true) return bytes
  throw new Refusal('the node gave no COSE receipt', 'Its version may be older than this command line.')
}

async function coseReceipt({ index, hashes, checkpoint }: Inclusion, keyFile: string): Promise<Uint8Array> {
  const key = await readKey(keyFile)
  const parsed = parseCheckpoint(checkpoint)
  if (!parsed.ok) throw new Refusal(parsed.reason, 'Ask the log for its checkpoint again.')
  const { size, root } = parsed.checkpoint
  if (size === 1) {
    throw new Refusal(
      'a log of one entry gives no COSE receipt',
      'The form needs a path; wait for the next entry.',
    )
  }
  return await formatCoseReceipt({ kind: 'inclusion', size, index, hashes }, root, (bytes) =>
    sign(null, bytes, key),
  )
}

async function readKey(file: string): Promise<KeyObject> {
  try {
    const key = createPrivateKey(await readText(file))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(`${file} holds no key`, 'It must be an Ed25519 key as PEM (PKCS #8).')
  }
  throw new Refusal(`${file} holds another key`, 'It must be an Ed25519 key as PEM (PKCS #8).')
}
