import { parseCoseReceipt, verifyCoseReceipt } from '@ambit/core/log/cose'
import type { CoseProof } from '@ambit/core/log/cose'
import { leafHash } from '@ambit/core/log/merkle'
import { verifyProof } from '@ambit/core/log/proof'
import { verifyReceipt } from '@ambit/sdk/verify'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import { facts, shown } from '../../text.ts'
import { chosenTrust, readBytes, withTrust } from './log-options.ts'
import type { TrustChoice, TrustOptions } from './log-options.ts'

interface VerifyOptions extends TrustOptions {
  readonly entry?: string
}

/** What was checked, or why it does not hold. */
type Verdict =
  | { readonly ok: true; readonly what: string; readonly facts: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly what: string; readonly reason: string }

/** `ambit log verify`: proof files, receipts of acts and COSE receipts, without asking anyone. */
export function verifyCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'verify <file>',
    'check a proof file, a receipt or a COSE receipt without asking anyone',
    'log verify 12.tlog-proof --entry entry.json --policy policy.txt',
  )
  withTrust(command)
    .option('--entry <file>', 'the entry that the proof is of, byte for byte')
    .action(async (file: string, options: VerifyOptions) => {
      const choice = await chosenTrust(options)
      const verdict = await verifyFile(await readBytes(file), file, choice, options.entry)
      context.reply({
        text: verdictText(verdict),
        json: verdict.ok ? { ok: true, what: verdict.what, ...verdict.facts } : verdict,
        exitCode: verdict.ok ? exitCodes.done : exitCodes.refused,
      })
    })
}

async function verifyFile(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  choice: TrustChoice,
  entryFile: string | undefined,
): Promise<Verdict> {
  const text = Buffer.from(bytes).toString('utf8')
  if (text.startsWith('{')) return await verifyJson(text, file, choice)
  if (!text.startsWith('c2sp.org/tlog-proof@') && bytes[0] !== coseFirstByte) {
    throw new Refusal(
      `${file} is no proof`,
      'It must be a proof file (c2sp.org/tlog-proof), a receipt in JSON, or a COSE receipt.',
    )
  }
  if (entryFile === undefined) {
    throw new Refusal(
      'the proof says only where an entry stands',
      'Give the entry itself with --entry; `ambit log prove <index> --log … --entry-out <file>` writes it.',
    )
  }
  const entry = await readBytes(entryFile)
  if (bytes[0] === coseFirstByte) return await verifyCose(bytes, entry, choice)
  const what = 'proof file'
  const verdict = await verifyProof(
    text,
    { entry },
    choice.kind === 'key' ? choice.verifier.vkey : choice.policy,
  )
  if (!verdict.ok) return { ok: false, what, reason: verdict.reason }
  const { origin, index, size, witnesses } = verdict
  return { ok: true, what, facts: { origin, index, size, witnesses } }
}

/** Tag 18 of COSE_Sign1 in CBOR. */
const coseFirstByte = 0xd2

async function verifyJson(text: string, file: string, choice: TrustChoice): Promise<Verdict> {
  const what = 'receipt'
  let receipt: unknown
  try {
    receipt = JSON.parse(text)
  } catch (error) {
    throw new Refusal(`${file} is not JSON`, 'Check that the file is whole.', error)
  }
  const trust = choice.kind === 'key' ? { vkeys: [choice.verifier.vkey] } : { policy: choice.policy }
  const verdict = await verifyReceipt(receipt, trust)
  if (!verdict.ok) return { ok: false, what, reason: verdict.reason }
  const { act, checkpointSize: size, logs } = verdict
  const indexes = verdict.leaves.map(({ index }) => index)
  const witnesses = logs.flatMap((each) => each.witnesses)
  return { ok: true, what, facts: { act, indexes, size, witnesses } }
}

async function verifyCose(bytes: Uint8Array, entry: Uint8Array, choice: TrustChoice): Promise<Verdict> {
  const what = 'COSE receipt'
  const parsed = parseCoseReceipt(bytes)
  if (!parsed.ok) return { ok: false, what, reason: parsed.reason }
  if (choice.kind === 'policy') {
    throw new Refusal(
      'a COSE receipt carries no cosignatures',
      'Check it with --vkey and the key of the log.',
    )
  }
  const subject = { leaf: await leafHash(entry) }
  const verdict = await verifyCoseReceipt(parsed.receipt, subject, choice.verifier)
  if (!verdict.ok) return { ok: false, what, reason: verdict.reason }
  return { ok: true, what, facts: { origin: choice.verifier.name, ...numbersOf(parsed.receipt.proof) } }
}

function numbersOf(proof: CoseProof): Readonly<Record<string, number>> {
  return proof.kind === 'inclusion'
    ? { index: proof.index, size: proof.size }
    : { oldSize: proof.oldSize, size: proof.size }
}

function verdictText(verdict: Verdict): string {
  if (!verdict.ok) return `The ${verdict.what} does not hold: ${shown(verdict.reason)}`
  const pairs = Object.entries(verdict.facts).map(([name, value]): [string, string] => [
    name,
    factText(value),
  ])
  return `The ${verdict.what} holds.\n${facts(pairs)}`
}

function factText(value: unknown): string {
  if (!Array.isArray(value)) return shown(String(value))
  const names = (value as readonly unknown[]).map((each) =>
    typeof each === 'object' && each !== null && 'name' in each ? String(each.name) : String(each),
  )
  return names.length === 0 ? 'none asked for' : shown(names.join(', '))
}
