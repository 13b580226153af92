import { base64 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { hashBytes } from './merkle.ts'
import { isKeyName, openNote, parseNote, signNote, strictBase64 } from './note.ts'
import type { NoteSigner, NoteVerifier, Parsed } from './note.ts'

/** What a log says of itself: so many entries, this root (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Bytes
  /** Lines after the root. We write none; readers keep what others wrote. No ML-DSA-44 signature verifies beside them. */
  readonly extensions: readonly string[]
}

/** The text that is signed: origin, size and root, a line each. */
export function checkpointText(origin: string, size: number, root: Uint8Array): string {
  return `${origin}\n${size}\n${base64(root)}\n`
}

/** A checkpoint signed by its log. */
export function signCheckpoint(size: number, root: Uint8Array, signer: NoteSigner): string {
  return signNote(checkpointText(signer.name, size, root), signer)
}

/** Reads a checkpoint without checking its signatures. */
export function parseCheckpoint(note: string | Uint8Array): Parsed<'checkpoint', Checkpoint> {
  const parsed = parseNote(note)
  return parsed.ok ? parseCheckpointText(parsed.note.text) : parsed
}

/** Reads a checkpoint and checks that the log whose key is given signed it. A key of kind `cosignature` is no log's. */
export async function openCheckpoint(
  note: string | Uint8Array,
  log: NoteVerifier,
): Promise<Parsed<'checkpoint', Checkpoint>> {
  if (log.kind === 'cosignature') return { ok: false, reason: 'the key is of a witness, not of a log' }
  const opened = await openNote(note, [log])
  if (!opened.ok) return opened
  const parsed = parseCheckpointText(opened.opened.text)
  if (parsed.ok && parsed.checkpoint.origin !== log.name) {
    return { ok: false, reason: 'the key that signed is named otherwise than the origin' }
  }
  return parsed
}

/** Reads a size: decimal, no leading zero, below 2^53. */
export function parseCount(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined
  const count = Number(text)
  return Number.isSafeInteger(count) ? count : undefined
}

/** Reads the text that a checkpoint signs, with its final newline. */
export function parseCheckpointText(text: string): Parsed<'checkpoint', Checkpoint> {
  const [origin = '', sizeText = '', rootText = '', ...rest] = text.split('\n')
  if (rest.pop() !== '') return { ok: false, reason: 'a checkpoint has three lines or more' }
  if (!isKeyName(origin))
    return { ok: false, reason: 'the origin of the checkpoint is empty or holds a space' }
  const size = parseCount(sizeText)
  if (size === undefined) return { ok: false, reason: 'the size is not a whole number below 2^53' }
  const root = strictBase64(rootText)
  if (root?.length !== hashBytes) return { ok: false, reason: 'the root is not the base64 of 32 bytes' }
  if (rest.includes('')) return { ok: false, reason: 'the checkpoint holds an empty line' }
  return { ok: true, checkpoint: { origin, size, root, extensions: rest } }
}
