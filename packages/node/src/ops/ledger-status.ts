import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import type { Series, WitnessState } from '../ledger/ledger.ts'

const witnessSchema = z.object({
  /** In the policy of this node. */
  name: z.string(),
  url: z.string(),
  state: z.enum(['new', 'good', 'failing', 'resting']),
  /** Of the log, when it cosigned last. */
  size: z.number(),
  cosigned: z.string().optional(),
  reason: z.string().optional(),
})

export const ledgerSchema = z.object({
  origin: z.string(),
  vkey: z.string(),
  /** Of all logs of this series, oldest first: receipts of logs that ended are checked with them. */
  vkeys: z.array(z.string()),
  /** Of ML-DSA-44: it signs beside the first. */
  secondVkey: z.string().optional(),
  state: z.string(),
  reason: z.string().optional(),
  size: z.number(),
  publishedSize: z.number(),
  /** The token that holds the key of the log that is written now; `reason`: why it did not sign last. */
  token: z.object({ token: z.string(), waitingMs: z.number(), reason: z.string().optional() }).optional(),
  /** Absent where nobody is asked to cosign. `quorum`: whether the published checkpoint has it. */
  witnessing: z
    .object({ quorum: z.boolean(), required: z.boolean(), witnesses: z.array(witnessSchema) })
    .optional(),
})

/** A log of this node, with the keys to check it with, and what its witnesses do. */
export function ledgerView(ledger: Series): z.input<typeof ledgerSchema> {
  const { state, reason, size, publishedSize, token, witnessing } = ledger.state()
  // The state counts through all logs of the series; whoever compares with a checkpoint needs the entries of this one.
  const first = ledger.list.shards.find(({ origin }) => origin === ledger.origin)?.first ?? 0
  return {
    origin: ledger.origin,
    vkey: ledger.vkey,
    vkeys: ledger.list.shards.map((shard) => shard.vkeys[0]!),
    ...(ledger.secondVkey === undefined ? {} : { secondVkey: ledger.secondVkey }),
    state,
    ...(reason === undefined ? {} : { reason }),
    size: size - first,
    publishedSize: publishedSize - first,
    ...(token === undefined ? {} : { token }),
    ...(witnessing === undefined
      ? {}
      : { witnessing: { ...witnessing, witnesses: witnessing.witnesses.map(witnessView) } }),
  }
}

function witnessView({ at, reason, ...rest }: WitnessState): z.input<typeof witnessSchema> {
  return {
    ...rest,
    ...(at === undefined ? {} : { cosigned: timeText(at) }),
    ...(reason === undefined ? {} : { reason }),
  }
}
