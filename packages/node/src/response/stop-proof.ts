import { Fault } from '@ambit/core/fault'
import { formatProof } from '@ambit/core/log/proof'
import { mayLift } from '../authority/authority.ts'
import type { StopRow, Stops } from '../authority/authority.ts'
import type { Caller } from '../kernel/route.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The receipt of a stop: its entry of the activity log, and what proves to anybody that it stands there. */
export interface StopProof {
  /** In the log that `origin` names. */
  readonly index: number
  /** The canonical JSON text of the leaf, which says how far the stop reached. */
  readonly entry: string
  readonly origin: string
  readonly vkey: string
  /** A proof file (c2sp.org/tlog-proof). */
  readonly proof: string
}

export interface StopProofParts {
  readonly stops: Pick<Stops, 'store'>
  /** The activity log. */
  readonly ledger: Pick<Ledger, 'prove'>
}

/** For those whom the stop concerns. Throws `input.not-found`; also in the moment before its leaf is noted. */
export async function stopProof(
  { stops, ledger }: StopProofParts,
  caller: Caller,
  id: string,
): Promise<StopProof> {
  const row = await stops.store.find(id)
  if (row === undefined || row.organization !== caller.organization || !concerns(caller, row))
    throw new Fault('input.not-found', { detail: 'there is no such stop', where: 'id' })
  if (row.leaf === null)
    throw new Fault('input.not-found', { detail: 'its entry is still on its way to the log', where: 'id' })
  const { index, entry, hashes, checkpoint, origin, vkey } = await ledger.prove(row.leaf, row.leaf + 1)
  return {
    index,
    entry: new TextDecoder().decode(entry),
    origin,
    vkey,
    proof: formatProof({ index, hashes, checkpoint }),
  }
}

/** As the list of stops shows them. */
function concerns(caller: Caller, row: StopRow): boolean {
  if (mayLift(caller, row) || caller.roles.includes('auditor')) return true
  return row.name === null || row.name === caller.person
}
