import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '@ambit/core/canonical'
import { predecessorLeafSchema, keyLeafSchema } from '@ambit/core/leaf'
import type { KeyLeaf } from '@ambit/core/leaf'
import { parseNote } from '@ambit/core/log/note'
import { keyForms } from '@ambit/core/log/note-key'
import { z } from 'zod'
import { replaceFile } from '../kernel/durable-file.ts'

const openingName = 'opening'
const openingSchema = z.strictObject({
  predecessor: keyLeafSchema.shape.predecessor.unwrap(),
  head: predecessorLeafSchema.omit({ v: true, kind: true, at: true }),
})

/** How a log that continues another begins: what its entry 0 says of that one, and what stands in entry 1. */
export type Opening = z.infer<typeof openingSchema>
export type Predecessor = NonNullable<KeyLeaf['predecessor']>

/** Keeps it in the folder of the log, because the turn may be cut off before the entries are written. */
export async function keepOpening(directory: string, opening: Opening): Promise<void> {
  await replaceFile(directory, openingName, JSON.stringify(opening))
}

/** Undefined for the first log of a series, and once both entries are durable. */
export async function keptOpening(directory: string): Promise<Opening | undefined> {
  try {
    return openingSchema.parse(JSON.parse(await readFile(join(directory, openingName), 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export async function forgetOpening(directory: string): Promise<void> {
  await rm(join(directory, openingName), { force: true })
}

/** Entry 1: the head of the log before. */
export function headEntry(opening: Opening, at: string): string {
  return canonicalJson({ v: 1, kind: 'predecessor', at, ...opening.head })
}

/** Room for a checkpoint in an entry of 8 KiB. */
const checkpointCharactersMax = 7400

/**
 * A checkpoint with as many of its signatures as an entry holds: those of Ed25519 first, because one of ML-DSA-44 takes
 * 3.3 kB. All of them stay on the checkpoint that the ended log serves.
 */
export function headCheckpoint(checkpoint: string): string {
  const parsed = parseNote(checkpoint)
  if (!parsed.ok) throw new RangeError(parsed.reason)
  const head = `${parsed.note.text}\n`
  const lines = checkpoint.slice(head.length).split(/(?<=\n)/)
  const long = (at: number): boolean =>
    parsed.note.signatures[at]!.signature.length >= keyForms['ml-dsa-44'].signatureBytes
  const order = lines
    .map((_line, at) => at)
    .toSorted((left, right) => Number(long(left)) - Number(long(right)))
  let room = checkpointCharactersMax - head.length
  const kept = order.filter((at) => {
    if (lines[at]!.length > room) return false
    room -= lines[at]!.length
    return true
  })
  return `${head}${lines.filter((_line, at) => kept.includes(at)).join('')}`
}
