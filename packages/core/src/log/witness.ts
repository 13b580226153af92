import { base64, hex, utf8, utf8Text } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { sha256 } from '../digest.ts'
import { parseCheckpointText, parseCount } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { hashBytes } from './merkle.ts'
import { parseSignatureLine, signaturesMax, strictBase64 } from './note.ts'
import type { Parsed } from './note.ts'

/*
 * What a log and its witnesses say to each other (c2sp.org/tlog-witness): the bodies of `add-checkpoint` and its answers.
 */

/** Type of the answer 409, whose body is the size that the witness cosigned last. */
export const treeSizeType = 'text/x.tlog.size'

/** A client must not send more than 63 hashes. */
const hashesMax = 63
/** A checkpoint has at most a megabyte, and 63 hashes and the first line stay far below the rest. */
const requestBytesMax = 1_010_000
/** One answer holds the cosignatures of one witness: a few lines, of which one with ML-DSA-44 has 3.3 kB. */
const answerCharactersMax = 500_000

export interface AddCheckpoint {
  /** Size that the log believes the witness cosigned last; 0 asks it from scratch. */
  readonly oldSize: number
  /** Consistency proof from the old size (RFC 6962 section 2.1.2). */
  readonly proof: readonly Uint8Array[]
  /** The signed checkpoint, as the log wrote it. */
  readonly checkpoint: string
}

/** A request as the witness reads it. */
export interface AddCheckpointRequest extends AddCheckpoint {
  readonly proof: readonly Bytes[]
  /** What the checkpoint says. Nothing is signed until `openNote` has checked `checkpoint` with the keys of `head.origin`. */
  readonly head: Checkpoint
}

/** Writes the body of `add-checkpoint`. Throws a RangeError on more hashes than a witness reads. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  if (proof.length > hashesMax) throw new RangeError(`a consistency proof has at most ${hashesMax} hashes`)
  return `old ${oldSize}\n${proof.map((hash) => `${base64(hash)}\n`).join('')}\n${checkpoint}`
}

/**
 * Reads the body of `add-checkpoint`, which anyone may send. The signatures stay unread, also in their form: a log whose
 * signature is broken is answered otherwise (403) than a body that cannot be read (400).
 *
 * @example
 * ```ts
 * const parsed = parseAddCheckpoint(body)
 * if (!parsed.ok) return answer(400, parsed.reason)
 * const opened = await openNote(parsed.request.checkpoint, keysOf(parsed.request.head.origin))
 * ```
 */
export function parseAddCheckpoint(body: Uint8Array): Parsed<'request', AddCheckpointRequest> {
  const text = bodyText(body)
  if (text === undefined) return no('the body is not UTF-8 or too long')
  const split = text.indexOf('\n\n')
  if (split < 0) return no('the body has no empty line before the checkpoint')
  const [first = '', ...lines] = text.slice(0, split).split('\n')
  const oldSize = first.startsWith('old ') ? parseCount(first.slice('old '.length)) : undefined
  if (oldSize === undefined) return no('the first line is not old and a whole number below 2^53')
  if (lines.length > hashesMax) return no(`a consistency proof has at most ${hashesMax} hashes`)
  const proof: Bytes[] = []
  for (const line of lines) {
    const hash = strictBase64(line)
    if (hash?.length !== hashBytes) return no('a line of the proof is not the base64 of 32 bytes')
    proof.push(hash)
  }
  const checkpoint = text.slice(split + 2)
  const end = checkpoint.lastIndexOf('\n\n')
  if (end < 0) return no('the checkpoint has no signatures')
  const head = parseCheckpointText(checkpoint.slice(0, end + 1))
  if (!head.ok) return head
  if (oldSize > head.checkpoint.size) return no('the old size is above the size of the checkpoint')
  return { ok: true, request: { oldSize, proof, checkpoint, head: head.checkpoint } }
}

/** Reads the answer 200 of a witness: one or more signature lines, each with its newline. */
export function parseCosignatures(text: string): Parsed<'lines', string[]> {
  if (text.length > answerCharactersMax) return no('the answer of the witness is too long')
  if (!text.endsWith('\n')) return no('the answer of the witness does not end with a signature line')
  const lines = text.slice(0, -1).split('\n')
  if (lines.length > signaturesMax) return no(`an answer has at most ${signaturesMax} signatures`)
  if (lines.some((line) => parseSignatureLine(line) === undefined)) {
    return no('a line of the answer of the witness is not a signature')
  }
  return { ok: true, lines: lines.map((line) => `${line}\n`) }
}

/** Writes the body of an answer 409. */
export function formatTreeSize(size: number): string {
  return `${size}\n`
}

/** Reads the body of an answer 409: the size that the witness cosigned last. */
export function parseTreeSize(text: string): Parsed<'size', number> {
  const size = text.endsWith('\n') ? parseCount(text.slice(0, -1)) : undefined
  return size === undefined
    ? no('the size is not a whole number below 2^53 and a newline')
    : { ok: true, size }
}

/** Where a witness serves the last checkpoint of a log, below its address for monitors. */
export async function witnessPath(origin: string): Promise<string> {
  return `${hex(await sha256(utf8(origin)))}/checkpoint`
}

function bodyText(body: Uint8Array): string | undefined {
  if (body.length > requestBytesMax) return undefined
  try {
    return utf8Text(body)
  } catch {
    // Bytes that are no text: the answer is that there is none.
    return undefined
  }
}

function no(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
