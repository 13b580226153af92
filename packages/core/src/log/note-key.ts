import { concatBytes, hex, hexBytes, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { sha256 } from '../digest.ts'
import { checkpointMessage, cosignatureMessage } from './signed-message.ts'

/**
 * Kinds of key that are verified here. Others may stand on a note; they are read and left unverified.
 * - `ed25519` (0x01) signs the text of a note itself (c2sp.org/signed-note).
 * - `cosignature` (0x04) is an Ed25519 key that signs a time and the text of a checkpoint (c2sp.org/tlog-cosignature).
 * - `ml-dsa-44` (0x06) signs its name, a time, and the origin, size and root of a checkpoint without extension lines.
 */
export type KeyKind = 'ed25519' | 'cosignature' | 'ml-dsa-44'

interface KindForm {
  /** The byte that stands for the kind in key ids and vkeys. */
  readonly type: number
  readonly keyBytes: number
  /** Bytes of the time before the signature itself. */
  readonly timeBytes: 0 | 8
  readonly signatureBytes: number
  readonly algorithm: 'Ed25519' | 'ML-DSA-44'
  /** What stands before the key in its SPKI form (RFC 8410, RFC 9881), the form that every runtime takes. */
  readonly spkiPrefix: Bytes
}

const ed25519 = {
  keyBytes: 32,
  signatureBytes: 64,
  algorithm: 'Ed25519',
  spkiPrefix: hexBytes('302a300506032b6570032100'),
} as const

export const keyForms: Readonly<Record<KeyKind, KindForm>> = {
  ed25519: { ...ed25519, type: 0x01, timeBytes: 0 },
  cosignature: { ...ed25519, type: 0x04, timeBytes: 8 },
  'ml-dsa-44': {
    type: 0x06,
    keyBytes: 1312,
    timeBytes: 8,
    signatureBytes: 2420,
    algorithm: 'ML-DSA-44',
    spkiPrefix: hexBytes('30820532300b06096086480165030403110382052100'),
  },
}

export const keyIdBytes = 4

/** The kind with this type byte; undefined for one that is not verified here. */
export function kindOfType(type: number | undefined): KeyKind | undefined {
  if (type === keyForms.ed25519.type) return 'ed25519'
  if (type === keyForms.cosignature.type) return 'cosignature'
  return type === keyForms['ml-dsa-44'].type ? 'ml-dsa-44' : undefined
}

/** Id of a key: the first four bytes of SHA-256(name ‖ newline ‖ type ‖ key), as eight hexadecimal digits. */
export async function keyId(name: string, type: number, publicKey: Uint8Array): Promise<string> {
  const hash = await sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(type), publicKey))
  return hex(hash.subarray(0, keyIdBytes))
}

export interface SigningKey {
  readonly name: string
  readonly kind: KeyKind
  readonly publicKey: Bytes
}

/** `unavailable`: this runtime has no such algorithm, so nothing is known of the signature, neither good nor bad. */
export type SignatureCheck =
  | { readonly result: 'good'; readonly time?: number }
  | { readonly result: 'bad' }
  | { readonly result: 'unavailable' }

/** Checks what stands behind the key id on a signature line: the time where the kind has one, then the signature. */
export async function checkSignature(key: SigningKey, payload: Bytes, text: string): Promise<SignatureCheck> {
  const form = keyForms[key.kind]
  if (payload.length !== form.timeBytes + form.signatureBytes) return { result: 'bad' }
  const time = form.timeBytes === 0 ? undefined : readTime(payload)
  const message = messageOf(key, text, time)
  if (message === undefined) return { result: 'bad' }
  try {
    const spki = concatBytes(form.spkiPrefix, key.publicKey)
    const imported = await crypto.subtle.importKey('spki', spki, form.algorithm, false, ['verify'])
    const good = await crypto.subtle.verify(
      form.algorithm,
      imported,
      payload.subarray(form.timeBytes),
      message,
    )
    if (!good) return { result: 'bad' }
    return time === undefined ? { result: 'good' } : { result: 'good', time }
  } catch (error) {
    // Anything else is a key of bytes that are no key, which verifies nothing.
    const unknown = error instanceof DOMException && error.name === 'NotSupportedError'
    return { result: unknown ? 'unavailable' : 'bad' }
  }
}

function messageOf(key: SigningKey, text: string, time: number | undefined): Bytes | undefined {
  if (key.kind === 'ed25519') return utf8(text)
  if (time === undefined) return undefined
  return key.kind === 'cosignature' ? cosignatureMessage(text, time) : checkpointMessage(text, key.name, time)
}

/** Seconds since 1970; undefined above 2^53, which no clock will reach. */
function readTime(payload: Bytes): number | undefined {
  const time = Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0))
  return Number.isSafeInteger(time) ? time : undefined
}
