import { openCa } from './ca/ca.ts'
import type { OpenCertificateAuthority } from './ca/ca.ts'
import type { AgentKeys } from './did/did.ts'
import type { Foundation } from './foundation.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'
import type { Ownership } from './ownership/ownership.ts'
import type { Registry } from './registry/registry.ts'

interface Neighbours {
  readonly registry: Registry
  readonly keys: Pick<AgentKeys, 'agentOf'>
  readonly ownership: Pick<Ownership, 'isProved'>
  /** The address that this node gave an agent. */
  readonly addressOf: (aic: string) => string | undefined
  readonly origin: () => string
}

/** Opens the certificate authority of the node. */
export async function openCertificates(
  foundation: Foundation,
  { registry, keys, ownership, addressOf, origin }: Neighbours,
): Promise<OpenCertificateAuthority> {
  const { config, clock, log, disposer, registryLedger, name: nodeName } = foundation
  // Connections of their own: lists of foreign authorities hold up no act.
  const upstream = createUpstream(createAddressGuard(config.allowAddresses), { log, clock })
  disposer.add('list connections', async () => await upstream.close())
  const ca = await openCa({
    ...foundation,
    registry,
    leaves: registryLedger,
    upstream,
    origin,
    nodeName,
    keyPlace: config.caKey,
    trustRootsFile: config.trustRootsFile,
    foreignListRequired: config.foreignListRequired,
    ownsHost: ({ id, organization }, host) =>
      ownership.isProved(organization, host) || addressOf(id) === host,
    keyHolder: (did) => keys.agentOf(did)?.aic,
  })
  disposer.add('certificate authority', async () => await ca[Symbol.asyncDispose]())
  return ca
}
