import { keyLeafSchema } from '@ambit/core/leaf'
import { openNote, parseVkey } from '@ambit/core/log/note'
import type { NoteVerifier } from '@ambit/core/log/note'
import { restore } from './audit-stored.ts'
import type { AuditFinding } from './audit-stored.ts'

const file = 'checkpoint'

/** Checks the signatures of a checkpoint with the keys that entry 0 of the log names, and those of the witnesses given. */
export async function auditCheckpoint(
  text: string,
  genesis: Uint8Array | undefined,
  witnesses: readonly string[],
): Promise<AuditFinding[]> {
  const keys = keysOf(genesis)
  if (keys === undefined) {
    const what = 'its signatures cannot be checked: entry 0 does not name the keys of the log'
    return [{ file, offset: 0, what, whatToDo: restore }]
  }
  const verifiers: NoteVerifier[] = []
  for (const vkey of [...keys, ...witnesses]) {
    const key = await parseVkey(vkey)
    if (key.ok) verifiers.push(key.verifier)
  }
  const opened = await openNote(text, verifiers)
  if (!opened.ok)
    return [{ file, offset: 0, what: `it is not signed as it was: ${opened.reason}`, whatToDo: restore }]
  const { verified, unverified } = opened.opened
  const signers = [
    ...verified.map((each) => each.vkey),
    ...unverified.filter((each) => each.why === 'runtime').map((each) => vkeyOf(each.keyId, verifiers)),
  ]
  return keys
    .filter((vkey) => !signers.includes(vkey))
    .map((vkey) => ({
      file,
      offset: 0,
      what: `the signature of ${vkey.slice(0, 100)} is missing`,
      whatToDo: restore,
    }))
}

function vkeyOf(keyId: string, verifiers: readonly NoteVerifier[]): string | undefined {
  return verifiers.find((each) => each.keyId === keyId)?.vkey
}

function keysOf(genesis: Uint8Array | undefined): string[] | undefined {
  if (genesis === undefined) return undefined
  let leaf: unknown
  try {
    leaf = JSON.parse(Buffer.from(genesis).toString())
  } catch {
    return undefined
  }
  const parsed = keyLeafSchema.safeParse(leaf)
  if (!parsed.success) return undefined
  const { vkey, secondVkey } = parsed.data
  return secondVkey === undefined ? [vkey] : [vkey, secondVkey]
}
