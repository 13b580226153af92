import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { openProjection } from './projection/projection.ts'
import type { Projection } from './projection/projection.ts'

/** The records of this node in the formats of others. */
export function openProjectionOf(
  { config, clock, log, disposer }: Foundation,
  { registry, governance, identity }: Domains,
  origin: () => string,
): Projection {
  const projection = openProjection({
    registry,
    governed: governance,
    origin,
    nameOf: async (person) => (await identity.person(person))?.name,
    allowAddresses: config.allowAddresses,
    clock,
    log,
  })
  disposer.add('projection connections', async () => await projection[Symbol.asyncDispose]())
  return projection
}
