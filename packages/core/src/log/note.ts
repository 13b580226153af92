import { base64, base64Bytes, concatBytes, equalBytes, hex, hexBytes, utf8, utf8Text } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { checkSignature, keyForms, keyId, keyIdBytes, kindOfType } from './note-key.ts'
import type { KeyKind } from './note-key.ts'

export type { KeyKind } from './note-key.ts'

/*
 * Signed notes (c2sp.org/signed-note): a text, an empty line, then one line for each signature:
 * `— <key name> <base64 of a 4-byte key id and the signature>`.
 */

/** The byte that stands for plain Ed25519 in key ids and vkeys. */
export const ed25519KeyType = keyForms.ed25519.type

/** The specification asks for at least 16; more than this is only work for the reader. */
export const signaturesMax = 100
/** A checkpoint with all its signatures is a few kilobytes (ML-DSA-44 signatures have 2,420 bytes). */
const noteBytesMax = 1_000_000
/** An ML-DSA-44 key has 1,751 characters, and nobody's name as many again. */
const vkeyCharactersMax = 4_000

export interface NoteSignature {
  readonly name: string
  /** Eight hexadecimal digits. */
  readonly keyId: string
  /** What follows the id: the signature, for cosignatures after the eight bytes of their time. */
  readonly signature: Bytes
}

export interface Note {
  /** The signed text with its final newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A key that verifies notes, as a `vkey` line writes it. */
export interface NoteVerifier {
  readonly name: string
  /** Eight hexadecimal digits. */
  readonly keyId: string
  readonly vkey: string
  readonly kind: KeyKind
  readonly publicKey: Bytes
}

/** What a log signs its checkpoints with (Ed25519): a key at hand, or one in a token, which takes its time. */
export interface LogSigner {
  readonly name: string
  readonly vkey: string
  /** The log's second key, which signs beside the first one: ML-DSA-44, under the same name. */
  readonly second?: Cosigner
  /** The 64-byte signature of the bytes. */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** Signs notes at once. */
export interface NoteSigner extends LogSigner {
  sign(bytes: Uint8Array): Uint8Array
}

/** A key that cosigns checkpoints: of a witness, or the second key of a log. */
export interface Cosigner {
  readonly name: string
  /** Eight hexadecimal digits. */
  readonly keyId: string
  readonly vkey: string
  readonly kind: 'cosignature' | 'ml-dsa-44'
  /** The signature of a message that `cosignatureMessage` or `subtreeMessage` made: 64 or 2,420 bytes. */
  sign(message: Bytes): Promise<Uint8Array>
}

export type Parsed<Name extends string, Value> =
  | ({ readonly ok: true } & Readonly<Record<Name, Value>>)
  | { readonly ok: false; readonly reason: string }

/**
 * Writes a public key as `name+id+base64(type ‖ key)`. Throws a RangeError on a name that a note cannot carry and on a
 * key of another length.
 */
export async function formatVkey(
  name: string,
  publicKey: Uint8Array,
  kind: KeyKind = 'ed25519',
): Promise<string> {
  if (!isKeyName(name)) throw new RangeError('a key name is not empty and has no space and no plus')
  const { type, keyBytes } = keyForms[kind]
  if (publicKey.length !== keyBytes) throw new RangeError(`a key of kind ${kind} has ${keyBytes} bytes`)
  const id = await keyId(name, type, publicKey)
  return `${name}+${id}+${base64(concatBytes(Uint8Array.of(type), publicKey))}`
}

/** Reads a `vkey`. Base64 may hold a plus, so only the first two separate. */
export async function parseVkey(vkey: string): Promise<Parsed<'verifier', NoteVerifier>> {
  if (vkey.length > vkeyCharactersMax) return no('the verifier key is too long')
  const first = vkey.indexOf('+')
  const second = vkey.indexOf('+', first + 1)
  if (first < 0 || second < 0) return no('a verifier key reads name+id+key')
  const name = vkey.slice(0, first)
  const id = vkey.slice(first + 1, second)
  const key = strictBase64(vkey.slice(second + 1))
  if (!isKeyName(name)) return no('the name of the verifier key is empty or holds a space')
  if (!/^[0-9a-f]{8}$/.test(id)) return no('the id of the verifier key is not eight hexadecimal digits')
  if (key === undefined) return no('the verifier key is not base64')
  const kind = kindOfType(key[0])
  if (kind === undefined) return no('the verifier key is neither of Ed25519 nor of ML-DSA-44')
  const { type, keyBytes } = keyForms[kind]
  if (key.length !== 1 + keyBytes) return no(`a key of kind ${kind} has ${keyBytes} bytes`)
  const publicKey = key.slice(1)
  if ((await keyId(name, type, publicKey)) !== id) return no('the id does not belong to the key')
  return { ok: true, verifier: { name, keyId: id, vkey, kind, publicKey } }
}

/** Reads a note without checking any signature. */
export function parseNote(note: string | Uint8Array): Parsed<'note', Note> {
  const text = noteText(note)
  if (text === undefined) return no('the note is not UTF-8 or too long')
  if (hasControlCharacter(text)) return no('the note holds a control character')
  const split = text.lastIndexOf('\n\n')
  if (split < 0) return no('the note has no empty line before its signatures')
  const block = text.slice(split + 2)
  if (block === '' || !block.endsWith('\n')) return no('the note does not end with a signature line')
  const lines = block.slice(0, -1).split('\n')
  if (lines.length > signaturesMax) return no(`a note has at most ${signaturesMax} signatures`)
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const signature = parseSignatureLine(line)
    if (signature === undefined) return no('a line after the text is not a signature')
    signatures.push(signature)
  }
  return { ok: true, note: { text: text.slice(0, split + 1), signatures } }
}

/** A signature that verified with the key of this `vkey`. */
export interface VerifiedSignature extends NoteSignature {
  readonly vkey: string
  readonly kind: KeyKind
  /** When the key cosigned, in seconds since 1970; absent where the kind signs no time, 0 where none was stated. */
  readonly time?: number
}

/** A signature of which nothing is known. It is never to be counted as good. */
export interface UnverifiedSignature extends NoteSignature {
  /** `runtime`: the key is known, but this runtime does not offer its algorithm (ML-DSA-44 in older browsers). */
  readonly why: 'unknown-key' | 'runtime'
}

export interface OpenedNote {
  readonly text: string
  readonly verified: readonly VerifiedSignature[]
  readonly unverified: readonly UnverifiedSignature[]
}

/**
 * Reads a note and checks the signatures of the given keys. Unknown keys are passed over, also where only the name or
 * only the id is known; one bad signature of a known key rejects the whole note; at least one must verify.
 */
export async function openNote(
  bytes: string | Uint8Array,
  verifiers: readonly NoteVerifier[],
): Promise<Parsed<'opened', OpenedNote>> {
  const parsed = parseNote(bytes)
  if (!parsed.ok) return parsed
  const { text, signatures } = parsed.note
  const verified: VerifiedSignature[] = []
  const unverified: UnverifiedSignature[] = []
  for (const signature of signatures) {
    const key = verifiers.find((each) => each.name === signature.name && each.keyId === signature.keyId)
    if (key === undefined) {
      unverified.push({ ...signature, why: 'unknown-key' })
      continue
    }
    const check = await checkSignature(key, signature.signature, text)
    if (check.result === 'bad') return no(`the signature of ${key.name} does not belong to this text`)
    if (check.result === 'unavailable') {
      unverified.push({ ...signature, why: 'runtime' })
      continue
    }
    const { vkey, kind } = key
    const time = check.time === undefined ? {} : { time: check.time }
    verified.push({ ...signature, vkey, kind, ...time })
  }
  if (verified.length > 0) return { ok: true, opened: { text, verified, unverified } }
  const known = unverified.find(({ why }) => why === 'runtime')
  if (known === undefined) return no('no signature is of a known key')
  return no(`this runtime cannot check the signature of ${known.name}: it does not offer its algorithm`)
}

/** Writes the text with one signature. The text ends with a newline. Throws a RangeError when it cannot be a note. */
export function signNote(text: string, signer: NoteSigner): string {
  if (!text.endsWith('\n') || hasControlCharacter(text) || !text.isWellFormed()) {
    throw new RangeError('the text of a note ends with a newline and holds no control character')
  }
  return `${text}\n${signatureLine(signer.name, keyIdOf(signer.vkey), signer.sign(utf8(text)))}`
}

/** Writes the line of a signature; the payload is what follows the key id. */
export function signatureLine(name: string, keyIdHex: string, payload: Uint8Array): string {
  return `— ${name} ${base64(concatBytes(hexBytes(keyIdHex), payload))}\n`
}

/** The eight hexadecimal digits of the id in a `vkey`. */
export function keyIdOf(vkey: string): string {
  const first = vkey.indexOf('+') + 1
  return vkey.slice(first, first + 2 * keyIdBytes)
}

/** A key name is not empty, has no Unicode space and no plus. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\u{85}]/u.test(name) && name.isWellFormed()
}

/** Base64 that writes back the same: no white space, no loose end. */
export function strictBase64(text: string): Bytes | undefined {
  try {
    return base64Bytes(text)
  } catch {
    // Text that is no base64 has no bytes, which is the answer.
    return undefined
  }
}

/** Reads a signature line without its newline; undefined where it is none. */
export function parseSignatureLine(line: string): NoteSignature | undefined {
  const parts = line.split(' ')
  const [dash, name, encoded] = parts
  if (parts.length !== 3 || dash !== '—' || name === undefined || encoded === undefined) return undefined
  const bytes = strictBase64(encoded)
  if (!isKeyName(name) || bytes === undefined || bytes.length <= keyIdBytes) return undefined
  return { name, keyId: hex(bytes.subarray(0, keyIdBytes)), signature: bytes.slice(keyIdBytes) }
}

function noteText(note: string | Uint8Array): string | undefined {
  if (note.length > noteBytesMax) return undefined
  if (typeof note === 'string') return note.isWellFormed() ? note : undefined
  try {
    const text = utf8Text(note)
    return equalBytes(utf8(text), note) ? text : undefined
  } catch {
    return undefined
  }
}

function hasControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x20 && code !== 0x0a) return true
  }
  return false
}

function no(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
