import { Fault } from '@ambit/core/fault'
import { parseCheckpoint } from '@ambit/core/log/checkpoint'
import type { Checkpoint } from '@ambit/core/log/checkpoint'
import { checkpointPath } from '@ambit/core/log/source'
import type { LogSource } from '@ambit/core/log/source'
import type { Trust } from '@ambit/core/log/trust'

export interface SignedHead {
  readonly checkpoint: Checkpoint
  /** The signed note as the log served it. */
  readonly text: string
}

/** The checkpoint of a log: believed where `trust` is given, else only read. Throws a Fault that says what is wrong. */
export async function openHead(source: LogSource, trust: Trust | undefined): Promise<SignedHead> {
  const bytes = await source.read(checkpointPath)
  if (bytes === undefined) {
    throw new Fault('ledger.missing', { detail: 'there is no checkpoint', where: checkpointPath })
  }
  if (trust !== undefined) {
    const trusted = await trust(bytes)
    if (trusted.ok) return trusted
    throw new Fault('ledger.damaged', {
      detail: trusted.reason,
      where: checkpointPath,
      remedy: 'Check that you have the right key and policy; if so, somebody changed the checkpoint.',
    })
  }
  const parsed = parseCheckpoint(bytes)
  if (parsed.ok) return { checkpoint: parsed.checkpoint, text: Buffer.from(bytes).toString('utf8') }
  throw new Fault('ledger.damaged', { detail: parsed.reason, where: checkpointPath })
}
