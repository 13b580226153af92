import { openCheckpoint } from './log/checkpoint.ts'
import type { Checkpoint } from './log/checkpoint.ts'
import { parseVkey } from './log/note.ts'
import { checkPolicy } from './log/policy.ts'
import type { LogPolicy } from './log/policy.ts'

/** Whom the reader of a receipt believes. */
export interface ReceiptTrust {
  /** Keys of logs; left out, and without a policy, each log is held against the key that the receipt carries. */
  readonly vkeys?: readonly string[]
  /** Logs, and the witnesses that must have cosigned their checkpoints (c2sp.org/tlog-policy). */
  readonly policy?: LogPolicy
}

/** A log of a receipt whose checkpoint holds. */
export interface VerifiedLog {
  readonly origin: string
  /** The key that verified: the one that the reader named, where they named any. */
  readonly vkey: string
  /** Entries of the log when it signed. */
  readonly size: number
  /** Whether its key is one that the reader named; otherwise the receipt proves only that its own key says so. */
  readonly keyPinned: boolean
  /** Witnesses of the policy that cosigned, with the seconds since 1970 at which they did; none without a policy. */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[]
}

export type LogProblem =
  | 'receipt.malformed'
  | 'receipt.key-unknown'
  | 'receipt.checkpoint'
  | 'receipt.unwitnessed'

export type OpenedLog =
  | { readonly ok: true; readonly log: VerifiedLog; readonly checkpoint: Checkpoint }
  | {
      readonly ok: false
      readonly code: LogProblem
      readonly reason: string
      readonly where: 'log.vkey' | 'checkpoint'
    }

export interface LogClaim {
  readonly log: { readonly origin: string; readonly vkey: string; readonly secondVkey?: string | undefined }
  readonly checkpoint: string
}

/** Checks one log of a receipt: whose it is, that it signed the checkpoint, and who witnessed that. */
export async function openLog({ log, checkpoint }: LogClaim, trust: ReceiptTrust): Promise<OpenedLog> {
  const { origin } = log
  const vkey = trustedKey(log, trust)
  if (vkey === undefined) {
    return no('receipt.key-unknown', 'the log is not one of those you trust', 'log.vkey')
  }
  const key = await parseVkey(vkey)
  if (!key.ok) return no('receipt.malformed', key.reason, 'log.vkey')
  if (key.verifier.kind === 'cosignature') {
    return no('receipt.malformed', 'the key is one of a witness, not of a log', 'log.vkey')
  }
  const opened = await openCheckpoint(checkpoint, key.verifier)
  if (!opened.ok) return no('receipt.checkpoint', opened.reason, 'checkpoint')
  if (opened.checkpoint.origin !== origin) {
    return no('receipt.checkpoint', 'the checkpoint is of another log', 'checkpoint')
  }
  const witnessed = trust.policy === undefined ? unasked : await checkPolicy(checkpoint, trust.policy)
  if (!witnessed.ok) return no('receipt.unwitnessed', witnessed.reason, 'checkpoint')
  const { size } = opened.checkpoint
  return {
    ok: true,
    log: {
      origin,
      vkey,
      size,
      keyPinned: trust.vkeys !== undefined || trust.policy !== undefined,
      witnesses: witnessed.witnesses,
    },
    checkpoint: opened.checkpoint,
  }
}

/** The key of the log that the reader named, which may be either of the two; the first where they named none. */
function trustedKey(
  { vkey, secondVkey }: LogClaim['log'],
  { vkeys, policy }: ReceiptTrust,
): string | undefined {
  const keys = secondVkey === undefined ? [vkey] : [vkey, secondVkey]
  return keys.find(
    (each) => vkeys?.includes(each) !== false && policy?.logs.some(({ key }) => key.vkey === each) !== false,
  )
}

const unasked = { ok: true, witnesses: [] } as const

function no(code: LogProblem, reason: string, where: 'log.vkey' | 'checkpoint'): OpenedLog {
  return { ok: false, code, reason, where }
}
