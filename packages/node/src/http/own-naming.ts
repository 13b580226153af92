import type { ListeningAt } from '../address/address.ts'
import type { ListenerIdentity } from '../ca/ca.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Admits } from '../kernel/listen.ts'
import type { Log } from '../kernel/log.ts'

/** Addresses of agents that one certificate names: each takes 18 bytes of every handshake. */
const namedMax = 100
/** Addresses of which it is remembered that their record does not want it. */
const unnamedMax = 10_000

/** Whether the record of the agent at an address wants the certificate of this node to name that address. */
export interface WantsNamed {
  /** Of the record in force; in memory. Undefined: nobody is there. */
  digestOf(address: string): string | undefined
  wants(address: string): Promise<boolean>
}

export interface NamingParts {
  readonly listening?: ListeningAt
  readonly wantsNamed?: WantsNamed | undefined
  readonly identity: Pick<ListenerIdentity, 'addAddress'>
  readonly log: Log
}

/**
 * Which connections are taken, after the certificate names the address they came to where its record says so. An address
 * has no place in a handshake before (RFC 6066 section 3), so the one certificate has to name it: when somebody comes to
 * it first, because of all addresses that may be few.
 */
export function createNaming({ listening, wantsNamed, identity, log }: NamingParts): Admits | undefined {
  const admits = listening?.admits
  if (wantsNamed === undefined) return admits
  /** Those that a certificate was asked for, and those that it has. */
  const asked = new Set<string>()
  const named = new Set<string>()
  const unnamed = new BoundedMap<string, string>(unnamedMax)
  const naming = new Map<string, Promise<void>>()

  async function name(address: string, digest: string): Promise<void> {
    try {
      if (!(await wantsNamed!.wants(address))) {
        unnamed.set(address, digest)
        return
      }
      if (asked.size >= namedMax && !asked.has(address)) {
        log.warn('agents.address-not-named', { address, namedMax })
        unnamed.set(address, digest)
        return
      }
      asked.add(address)
      await identity.addAddress(address)
      named.add(address)
    } catch (error) {
      // Its client finds that the certificate is not for that address, and may come again.
      log.error('agents.address-not-named', { address, error: String(error) })
    } finally {
      naming.delete(address)
    }
  }
  return (address) => {
    if (admits?.(address) === false) return false
    if (address === undefined || named.has(address)) return true
    const digest = wantsNamed.digestOf(address)
    if (digest === undefined || unnamed.get(address) === digest) return true
    let made = naming.get(address)
    if (made === undefined) naming.set(address, (made = name(address, digest)))
    return made.then(() => true)
  }
}
