import { base64 } from '@ambit/core/bytes'
import { Fault } from '@ambit/core/fault'
import type { Receipt } from '@ambit/core/receipt'
import type { Ledger, Proof } from '../ledger/ledger.ts'

/** A leaf of an act, and where the ledger made it durable. */
export interface LoggedLeaf {
  readonly index: number
  /** The canonical text that the log holds. */
  readonly text: string
}

/** A checkpoint may be replaced between two proofs; then they are made again. */
const proofTries = 5

/** The receipt of an act from its leaves, which may stand in more than one log. Throws `act.busy`. */
export async function proveAct(
  ledger: Pick<Ledger, 'prove'>,
  act: string,
  leaves: readonly LoggedLeaf[],
): Promise<Receipt> {
  const minSize = Math.max(...leaves.map(({ index }) => index)) + 1
  for (let attempt = 0; attempt < proofTries; attempt++) {
    const proofs = await Promise.all(leaves.map(async ({ index }) => await ledger.prove(index, minSize)))
    const logs = logsOf(proofs)
    if (logs === undefined) continue
    const [{ log, checkpoint }, ...more] = logs
    return {
      v: 1,
      type: 'receipt',
      act,
      log,
      leaves: proofs.map((proof, at) => leafOf(proof, leaves[at]!.text, logs)),
      checkpoint,
      ...(more.length === 0 ? {} : { more }),
    }
  }
  throw new Fault('act.busy', { detail: 'the log grew faster than its proofs could be made', where: act })
}

type Named = Pick<Receipt, 'log' | 'checkpoint'>

/** The logs of the proofs, in their order; undefined when two proofs are of different checkpoints of one log. */
function logsOf(proofs: readonly Proof[]): readonly [Named, ...Named[]] | undefined {
  const logs = new Map<string, Named>()
  for (const { origin, vkey, secondVkey, checkpoint } of proofs) {
    const known = logs.get(origin)
    if (known === undefined)
      logs.set(origin, { log: { origin, vkey, ...(secondVkey && { secondVkey }) }, checkpoint })
    else if (known.checkpoint !== checkpoint) return undefined
  }
  const [first, ...more] = logs.values()
  return [first!, ...more]
}

function leafOf(proof: Proof, text: string, logs: readonly Named[]): Receipt['leaves'][number] {
  const log = logs.findIndex((each) => each.log.origin === proof.origin)
  return {
    ...(log === 0 ? {} : { log }),
    index: proof.index,
    entry: text,
    hashes: proof.hashes.map((hash) => base64(hash)),
  }
}
