import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'
import { openOAuth } from './oauth/oauth.ts'
import type { KeyProofs, OAuth } from './oauth/oauth.ts'
import type { SenderOf } from './gateway/authentication.ts'

export interface ClientAccessParts {
  readonly origin: () => string
  readonly proofs: KeyProofs
  readonly senderOf: SenderOf
}

/** Opens the way by which clients log in by themselves; undefined where the operator closed it. */
export async function openClientAccess(
  { config, store, keyring, clock, log, disposer }: Foundation,
  { identity, authority, registry }: Domains,
  { origin, proofs, senderOf }: ClientAccessParts,
): Promise<OAuth | undefined> {
  if (!config.oauth) return undefined
  // Connections of their own: a client's document that does not come holds up no act.
  const upstream = createUpstream(createAddressGuard(config.allowAddresses), { log, clock })
  disposer.add('client documents', async () => await upstream.close())
  const oauth = await openOAuth({
    store,
    keyring,
    identity,
    authority,
    registry,
    upstream,
    origin,
    readProof: proofs.read,
    senderOf,
    hosts: config.hosts,
    clock,
    log,
  })
  disposer.add('client access', async () => await oauth[Symbol.asyncDispose]())
  return oauth
}
