import { readFile } from 'node:fs/promises'
import { Fault } from '@ambit/core/fault'
import { openCheckpoint, parseCheckpoint } from '@ambit/core/log/checkpoint'
import { parseVkey } from '@ambit/core/log/note'

/** How far a log was signed: size, root (standard base64) and the signed checkpoint. */
export interface SignedHead {
  readonly size: number
  readonly root: string
  readonly checkpoint: string
}

/** The head in a checkpoint file; undefined where there is none. Throws `ledger.corrupt`. */
export async function readCheckpointFile(path: string): Promise<SignedHead | undefined> {
  const checkpoint = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  return checkpoint === undefined ? undefined : signedHead(checkpoint, path)
}

/** Reads a head that was kept; its signature is not checked again. Throws `ledger.corrupt` naming where it stood. */
export function signedHead(checkpoint: string, where: string): SignedHead {
  const parsed = parseCheckpoint(checkpoint)
  if (!parsed.ok)
    throw new Fault('ledger.corrupt', { detail: `a checkpoint cannot be read: ${parsed.reason}`, where })
  return { size: parsed.checkpoint.size, root: parsed.checkpoint.root.toBase64(), checkpoint }
}

/** Checks that a log signed a head that was kept. Throws `ledger.corrupt`: what is not signed says nothing. */
export async function checkSigned(head: SignedHead, vkey: string, where: string): Promise<void> {
  const key = await parseVkey(vkey)
  if (!key.ok) throw new TypeError(key.reason)
  const opened = await openCheckpoint(head.checkpoint, key.verifier)
  if (!opened.ok)
    throw new Fault('ledger.corrupt', { detail: `a checkpoint does not hold: ${opened.reason}`, where })
}
