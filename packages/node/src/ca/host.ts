import { BlockList, isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import type { IssueParts } from './issue.ts'
import { ipBytes } from './make.ts'

/** RFC 1035, section 2.3.4. */
const nameCharactersMax = 253
const nameForm = /^(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/**
 * Names of hosts and addresses that a record asks for: each of them its own, or this machine. A certificate says to
 * everybody under the root that its holder answers there, so nobody gets one for a host of others. Throws `ca.provider`
 * where one is none and `ca.host` where it is not proved.
 */
export function hostsOf(
  { id, organization, certificate }: Pick<AgentRecord, 'id' | 'organization' | 'certificate'>,
  ownsHost: IssueParts['ownsHost'],
): { readonly dns: readonly string[]; readonly ip: readonly string[] } {
  const dns = (certificate?.dns ?? []).map((name) => name.toLowerCase())
  const ip = certificate?.ip ?? []
  for (const name of dns) {
    if (name.length > nameCharactersMax || !nameForm.test(name) || isIP(name) !== 0)
      throw wrong('dns', 'one of them is no name of a host')
    if (name !== 'localhost' && !ownsHost({ id, organization }, name)) throw unproved('dns', name)
  }
  for (const address of ip) {
    if (!isAddress(address)) throw wrong('ip', 'one of them is no single address')
    const isOwn = loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
    if (!isOwn && !ownsHost({ id, organization }, address)) throw unproved('ip', address)
  }
  return { dns, ip }
}

function isAddress(text: string): boolean {
  try {
    return ipBytes(text).length > 0
  } catch {
    // What has no bytes is none.
    return false
  }
}

function wrong(where: string, detail: string): Fault {
  return new Fault('ca.provider', { detail, where: `certificate.${where}` })
}

function unproved(where: string, host: string): Fault {
  return new Fault('ca.host', {
    detail: `${host} is neither in a domain that the organisation proved, nor the agent’s own address`,
    where: `certificate.${where}`,
  })
}
