import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { openLiveness } from './liveness/liveness.ts'
import type { Liveness } from './liveness/liveness.ts'
import { createAddressGuard } from './net/address.ts'
import type { Outgoing } from './protocols.ts'
import type { Response } from './response/response.ts'

/** Whether it was left for everyone: nobody's own credentials go out by themselves. */
const everyone = '*'

/** Opens what asks agents for signs of life; nothing is asked before it is started. */
export async function openLivenessOf(
  foundation: Foundation,
  { registry }: Domains,
  { pulses, runs }: Pick<Outgoing, 'pulses' | 'runs'>,
  response: Response,
): Promise<Liveness> {
  const { config, disposer } = foundation
  const liveness = await openLiveness({
    ...foundation,
    pulses,
    runs,
    guard: createAddressGuard(config.allowAddresses),
    records: {
      // Everything is asked again and again: it is not kept in memory for that.
      target: (record) => registry.glance(record),
      heads: () => registry.heads(),
      source: async (record) => await registry.source(record),
      async probe(record, organization, signal) {
        await registry.probe(record, organization, everyone, signal)
      },
    },
    suspend: async (order) => void (await response.suspend(order)),
  })
  disposer.add('liveness', async () => await liveness[Symbol.asyncDispose]())
  return liveness
}
