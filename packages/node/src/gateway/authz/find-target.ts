import { Fault } from '@ambit/core/fault'
import type { Target } from '../../registry/target.ts'
import type { Question, RequestLine } from './question.ts'

/** The records of an organisation. */
export interface Records {
  /** By slug. */
  target(slug: string, organization: string): Target | undefined
  /** Those with an interface at a host. */
  targetsAt(host: string, organization: string): readonly Target[]
}

/**
 * The record that a question is about: the one that the data plane names, else the one that answers at the host and path.
 * Throws `check.target`.
 */
export function findTarget(
  records: Records,
  organization: string,
  { target: slug, host }: Question,
  { path }: RequestLine,
): Target {
  if (slug !== undefined) {
    const found = slugForm.test(slug) ? records.target(slug, organization) : undefined
    if (found !== undefined) return found
    throw new Fault('check.target', {
      detail: 'no record of your organisation has that name',
      where: 'ambit-target',
    })
  }
  if (host === undefined) throw new Fault('check.target', { detail: 'neither a record nor a host is named' })
  const at = host.toLowerCase()
  const found = answeringAt(records.targetsAt(at.replace(portForm, ''), organization), at, path)
  if (found.length === 1) return found[0]!
  throw new Fault('check.target', {
    detail: `${found.length === 0 ? 'no record' : 'more than one record'} of your organisation answers there`,
    where: 'host',
  })
}

const portForm = /:[0-9]+$/
const slugForm = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Those with the longest address that the request is below. */
function answeringAt(targets: readonly Target[], host: string, path: string): Target[] {
  let found: Target[] = []
  let longest = -1
  for (const target of targets) {
    for (const address of addressesOf(target)) {
      if (address.host !== host && address.hostAndPort !== host) continue
      if (address.path.length < longest || !isBelow(path, address.path)) continue
      if (address.path.length > longest) found = []
      longest = address.path.length
      if (!found.includes(target)) found.push(target)
    }
  }
  return found
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(base.endsWith('/') ? base : `${base}/`)
}

interface Address {
  readonly host: string
  readonly hostAndPort: string
  readonly path: string
}

const known = new WeakMap<Target, readonly Address[]>()
const portByScheme: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** Read once for each state of a record. */
function addressesOf(target: Target): readonly Address[] {
  const before = known.get(target)
  if (before !== undefined) return before
  const addresses = target.interfaces.flatMap(({ url }) => {
    const { host, hostname, port, pathname, protocol } = URL.parse(url) ?? nowhere
    if (host === '') return []
    return [{ host, hostAndPort: `${hostname}:${port || (portByScheme[protocol] ?? '')}`, path: pathname }]
  })
  known.set(target, addresses)
  return addresses
}

/** A supervised program is at no host. */
const nowhere = { host: '', hostname: '', port: '', pathname: '', protocol: '' }
