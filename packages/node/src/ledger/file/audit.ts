import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import type { SignedHead } from '../guard.ts'
import { signedHead } from '../signed-head.ts'
import { auditCheckpoint } from './audit-checkpoint.ts'
import { SegmentAudit } from './audit-segment.ts'
import { lengthOf, restore, StoredFiles } from './audit-stored.ts'
import type { AuditFinding } from './audit-stored.ts'
import { segmentName } from './segments.ts'

export type { AuditFinding } from './audit-stored.ts'

export interface AuditOptions {
  /** What the guard keeps for this log. */
  readonly guarded?: SignedHead
  /** Keys of witnesses whose signatures are checked as well; those of others cannot be. */
  readonly witnesses?: readonly string[]
}

const checkpointFile = 'checkpoint'

/**
 * Reads the whole folder of a log that no node is writing, changes nothing, and tells everything that is wrong: in
 * segments, derived hashes and positions, the checkpoint, and against the head the guard keeps. A damaged entry is named
 * by its index where the hashes stored apart from it still lead to the committed root.
 */
export async function* auditLog(
  directory: string,
  options: AuditOptions = {},
): AsyncGenerator<AuditFinding, void> {
  const { head, text, found } = await readCheckpoint(directory)
  yield* found
  const stored = new StoredFiles(directory, head?.size ?? 0)
  const heads = [head, options.guarded].filter((each) => each !== undefined)
  const audit = new SegmentAudit(directory, stored, heads)
  const names = await segmentNames(directory)
  for (const [at, name] of names.entries()) {
    if (name !== segmentName(at + 1)) {
      const file = `segments/${segmentName(at + 1)}`
      yield { file, offset: 0, index: audit.size, what: 'a segment is missing', whatToDo: restore }
      break
    }
    yield* audit.segment(at + 1, at === names.length - 1)
  }
  yield* stored.check()
  yield* stored.checkEnd()
  yield* audit.unmetHeads()
  if (text !== undefined) {
    yield* await auditCheckpoint(text, audit.genesis, options.witnesses ?? [])
  } else if (audit.size > 0 || options.guarded !== undefined) {
    const what = 'the published checkpoint is missing'
    const whatToDo = 'Start the node: it publishes one if the segments hold all that the guard saw signed.'
    yield { file: checkpointFile, offset: 0, what, whatToDo }
  }
}

async function readCheckpoint(
  directory: string,
): Promise<{ head?: SignedHead; text?: string; found: AuditFinding[] }> {
  const path = join(directory, checkpointFile)
  if ((await lengthOf(path)) === undefined) return { found: [] }
  const bytes = await readFile(path)
  const text = bytes.toString()
  try {
    // A byte that is no UTF-8 must not pass as the sign that stands for it.
    if (!Buffer.from(text).equals(bytes)) throw new Fault('ledger.corrupt', { detail: 'it is not UTF-8' })
    return { head: signedHead(text, path), text, found: [] }
  } catch (error) {
    const what = Fault.from(error).detail
    return { text, found: [{ file: checkpointFile, offset: 0, what, whatToDo: restore }] }
  }
}

async function segmentNames(directory: string): Promise<string[]> {
  const path = join(directory, 'segments')
  if ((await lengthOf(path)) === undefined) return []
  return (await readdir(path)).filter((name) => /^\d{8}\.log$/.test(name)).sort()
}
