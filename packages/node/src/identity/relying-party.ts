import { isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'

/** For whom a passkey speaks (W3C Web Authentication section 5.1.2): the page's host, and the page itself. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

/**
 * The relying party of a page of this node; the server has checked that the host is a name of it. Browsers give
 * passkeys to pages over https and to localhost, and never to a bare address. Throws `passkey.origin`.
 */
export function relyingParty(address: string): RelyingParty {
  const { protocol, hostname, origin } = new URL(address)
  const local = hostname === 'localhost' || hostname.endsWith('.localhost')
  const named = isIP(hostname.replaceAll(/[[\]]/g, '')) === 0
  if (!named || (protocol !== 'https:' && !local))
    throw new Fault('passkey.origin', { detail: `${origin} is neither https with a name nor localhost` })
  return { id: hostname, origin }
}
