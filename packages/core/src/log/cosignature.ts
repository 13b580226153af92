import { concatBytes, utf8 } from '../bytes.ts'
import { parseCheckpointText } from './checkpoint.ts'
import { keyIdOf, parseNote, parseSignatureLine, signatureLine, signaturesMax } from './note.ts'
import type { Cosigner, LogSigner } from './note.ts'
import { checkpointMessage, cosignatureMessage, u64 } from './signed-message.ts'

export { cosignatureMessage, subtreeMessage } from './signed-message.ts'
export { signatureLine } from './note.ts'

/*
 * Cosignatures of checkpoints (c2sp.org/tlog-cosignature): signature lines whose payload is a time in seconds, then the
 * signature of a message that holds the time as well.
 */

export interface Cosignature {
  readonly name: string
  /** Eight hexadecimal digits. */
  readonly keyId: string
  /** Seconds since 1970. */
  readonly time: number
  readonly signature: Uint8Array
}

/** Writes the line of a cosignature, of either kind. */
export function cosignatureLine({ name, keyId, time, signature }: Cosignature): string {
  return signatureLine(name, keyId, concatBytes(u64(time), signature))
}

/**
 * Cosigns the text of a checkpoint and gives the line. Throws a RangeError on a text that is no checkpoint, and on
 * extension lines where the key is of ML-DSA-44, which would not sign them.
 */
export async function cosign(noteText: string, key: Cosigner, timeSeconds: number): Promise<string> {
  const { name, keyId, kind } = key
  const checkpoint = parseCheckpointText(noteText)
  if (!checkpoint.ok) throw new RangeError(checkpoint.reason)
  const message =
    kind === 'cosignature'
      ? cosignatureMessage(noteText, timeSeconds)
      : checkpointMessage(noteText, name, timeSeconds)
  if (message === undefined)
    throw new RangeError('ML-DSA-44 signs no extension lines, no name above 255 bytes and no half seconds')
  return cosignatureLine({ name, keyId, time: timeSeconds, signature: await key.sign(message) })
}

/** The lines with which a log signs a checkpoint itself: Ed25519, then its second key where it has one. */
export async function checkpointSignatureLines(
  noteText: string,
  signer: LogSigner,
  timeSeconds: number,
): Promise<string[]> {
  const signature = signer.sign(utf8(noteText))
  // A key at hand has signed by now, and nothing waits for it.
  const made = signature instanceof Promise ? await signature : signature
  const own = signatureLine(signer.name, keyIdOf(signer.vkey), made)
  return signer.second === undefined ? [own] : [own, await cosign(noteText, signer.second, timeSeconds)]
}

/**
 * Puts signature lines on a checkpoint. What stood on it stays in its order, the log's own first; a line of the same
 * name and key id takes the place of the older one. Throws a RangeError on what is no note or no signature line, and on
 * more signatures than a note may have.
 *
 * @example
 * ```ts
 * const line = await cosign(noteText, witnessKey, seconds)
 * const cosigned = addSignatures(checkpoint, [line])
 * ```
 */
export function addSignatures(checkpoint: string, lines: readonly string[]): string {
  const parsed = parseNote(checkpoint)
  if (!parsed.ok) throw new RangeError(parsed.reason)
  const signatures = [...parsed.note.signatures]
  for (const line of lines) {
    const signature = parseSignatureLine(line.endsWith('\n') ? line.slice(0, -1) : line)
    if (signature === undefined) throw new RangeError('a line to add is not a signature')
    const at = signatures.findIndex((each) => each.name === signature.name && each.keyId === signature.keyId)
    if (at < 0) signatures.push(signature)
    else signatures[at] = signature
  }
  if (signatures.length > signaturesMax)
    throw new RangeError(`a note has at most ${signaturesMax} signatures`)
  const block = signatures.map(({ name, keyId, signature }) => signatureLine(name, keyId, signature))
  return `${parsed.note.text}\n${block.join('')}`
}
