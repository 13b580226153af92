import { base64Bytes, concatBytes, hex, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'

/*
 * What the keys that cosign a checkpoint put their signature under (c2sp.org/tlog-cosignature). It is never the text of
 * the note alone: the time of the cosignature belongs to it.
 */

const subtreeLabel = 'subtree/v1\n\0'
const hashBytes = 32
/** SHA-256 of nothing: the only root that no leaves have. */
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
/** A name stands behind one byte that counts it. */
const nameBytesMax = 255

/** The message of an Ed25519 cosignature (type 0x04): two lines before the text of the checkpoint. */
export function cosignatureMessage(noteText: string, timeSeconds: number): Bytes {
  if (!isCount(timeSeconds)) throw new RangeError('the time is not a whole number of seconds')
  return utf8(`cosignature/v1\ntime ${timeSeconds}\n${noteText}`)
}

/** A statement about the leaves from `start` to before `end` of a log; a whole tree starts at 0 and ends at its size. */
export interface SubtreeStatement {
  /** Name of the key that cosigns. */
  readonly name: string
  /** Seconds since 1970; 0 says nothing of the time, and must be 0 where `start` is not. */
  readonly time: number
  readonly origin: string
  readonly start: number
  readonly end: number
  /** Root of the subtree. */
  readonly hash: Uint8Array
}

/** The message of an ML-DSA-44 cosignature (type 0x06). Throws a RangeError on what the format cannot carry. */
export function subtreeMessage(statement: SubtreeStatement): Bytes {
  const { name, time, origin, start, end, hash } = statement
  if (!isCount(time)) throw new RangeError('the time is not a whole number of seconds')
  if (!isCount(start) || !isCount(end) || start > end) throw new RangeError('the subtree has no such range')
  if (start > 0 && time > 0) throw new RangeError('a subtree that starts after 0 carries no time')
  if (hash.length !== hashBytes) throw new RangeError(`a hash has ${hashBytes} bytes`)
  if (start === end && hex(hash) !== emptyHash) throw new RangeError('no leaves have another hash')
  return concatBytes(
    utf8(subtreeLabel),
    counted(name),
    u64(time),
    counted(origin),
    u64(start),
    u64(end),
    hash,
  )
}

/**
 * The same for the checkpoint with this text; undefined where the text is no checkpoint, and where it has extension
 * lines: the message leaves them out, and what nobody signed must not look signed.
 */
export function checkpointMessage(noteText: string, name: string, time: number): Bytes | undefined {
  const [, origin = '', size = '', root = ''] =
    /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]{44})\n$/.exec(noteText) ?? []
  try {
    return subtreeMessage({ name, time, origin, start: 0, end: Number(size), hash: base64Bytes(root) })
  } catch {
    // A text that is no checkpoint has no such message, which is the answer.
    return undefined
  }
}

/** Eight bytes, the highest first. Throws a RangeError on what is no whole number from 0 to below 2^53. */
export function u64(value: number): Bytes {
  if (!isCount(value)) throw new RangeError(`${value} is not a whole number from 0 to below 2^53`)
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

function counted(text: string): Bytes {
  const bytes = utf8(text)
  if (bytes.length === 0 || bytes.length > nameBytesMax) {
    throw new RangeError(`a name has 1 to ${nameBytesMax} bytes`)
  }
  return concatBytes(Uint8Array.of(bytes.length), bytes)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
