import { base64, base64Bytes, concatBytes, equalBytes, hex, utf8, utf8Text } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { sha256 } from '../digest.ts'

/*
 * Signed notes (c2sp.org/signed-note): a text, an empty line, then one line for each signature:
 * `— <key name> <base64 of a 4-byte key id and the signature>`.
 */

/** Kinds of key that this module verifies. Others may stand on a note; they are read and left unverified. */
export const ed25519KeyType = 0x01

/** The specification asks for at least 16; more than this is only work for the reader. */
const signaturesMax = 100
/** A checkpoint with all its signatures is a few kilobytes (ML-DSA-44 signatures have 2,420 bytes). */
const noteBytesMax = 1_000_000
const keyIdBytes = 4
const ed25519KeyBytes = 32

export interface NoteSignature {
  readonly name: string
  /** Eight hexadecimal digits. */
  readonly keyId: string
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
  readonly keyId: string
  readonly vkey: string
  readonly publicKey: Bytes
}

/** Signs notes at once (Ed25519), as the writer of a log does. */
export interface NoteSigner {
  readonly name: string
  readonly vkey: string
  /** The 64-byte signature of the bytes. */
  sign(bytes: Uint8Array): Uint8Array
}

export type Parsed<Name extends string, Value> =
  | ({ readonly ok: true } & Readonly<Record<Name, Value>>)
  | { readonly ok: false; readonly reason: string }

/** Id of a key: the first four bytes of SHA-256(name ‖ newline ‖ type ‖ key), as eight hexadecimal digits. */
export async function keyId(name: string, type: number, publicKey: Uint8Array): Promise<string> {
  const hash = await sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(type), publicKey))
  return hex(hash.subarray(0, keyIdBytes))
}

/** Writes an Ed25519 key as `name+id+base64(type ‖ key)`. Throws a RangeError on a name that a note cannot carry. */
export async function formatVkey(name: string, publicKey: Uint8Array): Promise<string> {
  if (!isKeyName(name)) throw new RangeError('a key name is not empty and has no space and no plus')
  const id = await keyId(name, ed25519KeyType, publicKey)
  return `${name}+${id}+${base64(concatBytes(Uint8Array.of(ed25519KeyType), publicKey))}`
}

/** Reads a `vkey`. Base64 may hold a plus, so only the first two separate. */
export async function parseVkey(vkey: string): Promise<Parsed<'verifier', NoteVerifier>> {
  const first = vkey.indexOf('+')
  const second = vkey.indexOf('+', first + 1)
  if (first < 0 || second < 0) return no('a verifier key reads name+id+key')
  const name = vkey.slice(0, first)
  const id = vkey.slice(first + 1, second)
  const key = strictBase64(vkey.slice(second + 1))
  if (!isKeyName(name)) return no('the name of the verifier key is empty or holds a space')
  if (!/^[0-9a-f]{8}$/.test(id)) return no('the id of the verifier key is not eight hexadecimal digits')
  if (key === undefined) return no('the verifier key is not base64')
  if (key[0] !== ed25519KeyType) return no('the verifier key is of a kind other than Ed25519')
  if (key.length !== 1 + ed25519KeyBytes) return no('an Ed25519 key has 32 bytes')
  const publicKey = key.slice(1)
  if ((await keyId(name, ed25519KeyType, publicKey)) !== id) return no('the id does not belong to the key')
  return { ok: true, verifier: { name, keyId: id, vkey, publicKey } }
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
    const signature = parseSignature(line)
    if (signature === undefined) return no('a line after the text is not a signature')
    signatures.push(signature)
  }
  return { ok: true, note: { text: text.slice(0, split + 1), signatures } }
}

export interface OpenedNote {
  readonly text: string
  readonly verified: readonly NoteSignature[]
  /** Signatures of keys not given; they say nothing. */
  readonly unverified: readonly NoteSignature[]
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
  const message = utf8(text)
  const verified: NoteSignature[] = []
  const unverified: NoteSignature[] = []
  for (const signature of signatures) {
    const key = verifiers.find((each) => each.name === signature.name && each.keyId === signature.keyId)
    if (key === undefined) {
      unverified.push(signature)
    } else if (await verifyEd25519(key.publicKey, signature.signature, message)) {
      verified.push(signature)
    } else {
      return no(`the signature of ${key.name} does not belong to this text`)
    }
  }
  if (verified.length === 0) return no('no signature is of a known key')
  return { ok: true, opened: { text, verified, unverified } }
}

/** Writes the text with one signature. The text ends with a newline. Throws a RangeError when it cannot be a note. */
export function signNote(text: string, signer: NoteSigner): string {
  if (!text.endsWith('\n') || hasControlCharacter(text) || !text.isWellFormed()) {
    throw new RangeError('the text of a note ends with a newline and holds no control character')
  }
  return `${text}\n${signatureLine(signer.name, signer.vkey, signer.sign(utf8(text)))}`
}

function signatureLine(name: string, vkey: string, signature: Uint8Array): string {
  const id = Uint8Array.fromHex(vkey.slice(name.length + 1, name.length + 1 + 2 * keyIdBytes))
  return `— ${name} ${base64(concatBytes(id, signature))}\n`
}

/** A key name is not empty, has no Unicode space and no plus. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\u{85}]/u.test(name) && name.isWellFormed()
}

/** Base64 that writes back the same: no white space, no loose end. */
export function strictBase64(text: string): Bytes | undefined {
  try {
    const bytes = base64Bytes(text)
    return base64(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

function parseSignature(line: string): NoteSignature | undefined {
  const parts = line.split(' ')
  const [dash, name, encoded] = parts
  if (parts.length !== 3 || dash !== '—' || name === undefined || encoded === undefined) return undefined
  const bytes = strictBase64(encoded)
  if (!isKeyName(name) || bytes === undefined || bytes.length <= keyIdBytes) return undefined
  return { name, keyId: hex(bytes.subarray(0, keyIdBytes)), signature: bytes.slice(keyIdBytes) }
}

async function verifyEd25519(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, signature, message)
  } catch {
    // Bytes that are no point of the curve, or a signature of another length: neither verifies anything.
    return false
  }
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
