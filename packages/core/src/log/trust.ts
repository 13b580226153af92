import { utf8Text } from '../bytes.ts'
import { openCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { NoteVerifier } from './note.ts'
import { checkPolicy } from './policy.ts'
import type { LogPolicy } from './policy.ts'

/** Who cosigned a checkpoint, and when by their clock (seconds since 1970). */
export interface WitnessTime {
  readonly name: string
  readonly time: number
}

export type Trusted =
  | {
      readonly ok: true
      readonly text: string
      readonly checkpoint: Checkpoint
      readonly witnesses: readonly WitnessTime[]
    }
  | {
      readonly ok: false
      /** `quorum`: the log signed it, but not enough witnesses did. */
      readonly problem: 'signature' | 'quorum'
      readonly text: string
      readonly reason: string
    }

/** Decides whether a checkpoint, whose bytes anybody may have made, is to be believed. */
export type Trust = (checkpoint: Uint8Array) => Promise<Trusted>

/** Believes what this key of the log signed. */
export function trustKey(log: NoteVerifier): Trust {
  return async (bytes) => {
    const text = textOf(bytes)
    if (text === undefined) return unsigned('', 'the checkpoint is not UTF-8')
    const opened = await openCheckpoint(text, log)
    if (!opened.ok) return unsigned(text, opened.reason)
    return { ok: true, text, checkpoint: opened.checkpoint, witnesses: [] }
  }
}

/** Believes what one of the policy's logs signed and its quorum of witnesses cosigned (c2sp.org/tlog-policy). */
export function trustPolicy(policy: LogPolicy): Trust {
  return async (bytes) => {
    const text = textOf(bytes)
    if (text === undefined) return unsigned('', 'the checkpoint is not UTF-8')
    const checked = await checkPolicy(text, policy)
    if (checked.ok) {
      return { ok: true, text, checkpoint: checked.checkpoint, witnesses: checked.witnesses }
    }
    for (const log of policy.logs) {
      const opened = await openCheckpoint(text, log.key)
      if (opened.ok) return { ok: false, problem: 'quorum', text, reason: checked.reason }
    }
    return unsigned(text, checked.reason)
  }
}

function unsigned(text: string, reason: string): Trusted {
  return { ok: false, problem: 'signature', text, reason }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8Text(bytes)
  } catch {
    // Bytes of another encoding are no checkpoint; that is the answer.
    return undefined
  }
}
