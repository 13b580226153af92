import { base64 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { openCheckpoint, parseCheckpoint, parseCount } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { hashBytes, leafHash, verifyInclusion } from './merkle.ts'
import { parseVkey, strictBase64 } from './note.ts'
import type { Parsed } from './note.ts'
import { checkPolicy } from './policy.ts'
import type { LogPolicy } from './policy.ts'

const firstLine = 'c2sp.org/tlog-proof@v1'
/** A path has at most 63 hashes (64-bit sizes). */
const hashesMax = 63
/** A checkpoint with many cosignatures and a path stay far below. */
const proofCharactersMax = 1_100_000

/** A proof that an entry stands in a log, for keeping (c2sp.org/tlog-proof). */
export interface LogProof {
  readonly index: number
  readonly hashes: readonly Uint8Array[]
  /** The signed checkpoint, as the log served it. */
  readonly checkpoint: string
  /** Not authenticated by anything. */
  readonly extra?: Bytes
}

export function formatProof(proof: LogProof): string {
  const lines = [firstLine]
  if (proof.extra !== undefined) lines.push(`extra ${base64(proof.extra)}`)
  lines.push(`index ${proof.index}`, ...proof.hashes.map((hash) => base64(hash)), '')
  return `${lines.join('\n')}\n${proof.checkpoint}`
}

/** Reads a proof file. The checkpoint is read for its form only; its signature is the reader's to check. */
export function parseProof(text: string): Parsed<'proof', LogProof> {
  if (text.length > proofCharactersMax) return no('the proof is too long')
  const split = text.indexOf('\n\n')
  if (split < 0) return no('the proof has no empty line before its checkpoint')
  const lines = text.slice(0, split).split('\n')
  const checkpoint = text.slice(split + 2)
  if (lines.shift() !== firstLine) return no(`the first line is not ${firstLine}`)

  let extra: Bytes | undefined
  if (lines[0]?.startsWith('extra ') === true) {
    extra = strictBase64(lines.shift()!.slice('extra '.length))
    if (extra === undefined) return no('the extra line is not base64')
  }
  const indexLine = lines.shift() ?? ''
  const index = indexLine.startsWith('index ') ? parseCount(indexLine.slice('index '.length)) : undefined
  if (index === undefined) return no('the index is not a whole number below 2^53')
  if (lines.length > hashesMax) return no(`a proof has at most ${hashesMax} hashes`)
  const hashes: Bytes[] = []
  for (const line of lines) {
    const hash = strictBase64(line)
    if (hash?.length !== hashBytes) return no('a line of the path is not the base64 of 32 bytes')
    hashes.push(hash)
  }
  const signed = parseCheckpoint(checkpoint)
  if (!signed.ok) return signed
  if (index >= signed.checkpoint.size) return no('the index does not lie below the size of the checkpoint')
  return { ok: true, proof: { index, hashes, checkpoint, ...(extra === undefined ? {} : { extra }) } }
}

/** What the proof is about: the entry, or its leaf hash where the reader does not hold the entry. */
export type Proven = { readonly entry: Uint8Array } | { readonly leafHash: Uint8Array }

export interface ProofVerdict {
  readonly ok: true
  readonly index: number
  readonly size: number
  readonly origin: string
  /** The witnesses of the policy that cosigned; none where only the log's key was given. */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[]
}

/**
 * Checks a proof file without asking anyone: the checkpoint is signed as the policy asks (or by the log with this
 * `vkey`), and the entry stands at the index of its tree.
 *
 * @example
 * ```ts
 * const verdict = await verifyProof(file, { entry }, policy)
 * if (verdict.ok) console.log(`entry ${verdict.index} of ${verdict.origin}`)
 * else console.log(verdict.reason)
 * ```
 */
export async function verifyProof(
  text: string,
  proven: Proven,
  trust: LogPolicy | string,
): Promise<ProofVerdict | { readonly ok: false; readonly reason: string }> {
  const read = parseProof(text)
  if (!read.ok) return read
  const { index, hashes } = read.proof
  const trusted = await checkTrust(read.proof.checkpoint, trust)
  if (!trusted.ok) return trusted
  const { origin, size, root } = trusted.checkpoint
  const leaf = 'entry' in proven ? await leafHash(proven.entry) : proven.leafHash
  const verdict = await verifyInclusion({ index, size, leaf, proof: hashes, root })
  return verdict.ok ? { ok: true, index, size, origin, witnesses: trusted.witnesses } : verdict
}

interface Trusted {
  readonly ok: true
  readonly checkpoint: Checkpoint
  readonly witnesses: ProofVerdict['witnesses']
}

async function checkTrust(
  checkpoint: string,
  trust: LogPolicy | string,
): Promise<Trusted | { readonly ok: false; readonly reason: string }> {
  if (typeof trust !== 'string') return checkPolicy(checkpoint, trust)
  const key = await parseVkey(trust)
  if (!key.ok) return key
  const opened = await openCheckpoint(checkpoint, key.verifier)
  return opened.ok ? { ...opened, witnesses: [] } : opened
}

function no(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
