import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'
import { openOAuth } from './oauth/oauth.ts'
import type { OAuth } from './oauth/oauth.ts'

/** Opens the way by which clients log in by themselves; undefined where the operator closed it. */
export async function openClientAccess(
  { config, store, keyring, clock, log, disposer }: Foundation,
  { identity, authority, registry }: Domains,
  origin: () => string,
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
    targets: (organization) => registry.targets(organization),
    upstream,
    origin,
    hosts: config.hosts,
    clock,
    log,
  })
  disposer.add('client access', async () => await oauth[Symbol.asyncDispose]())
  return oauth
}
