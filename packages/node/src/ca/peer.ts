import type { X509Certificate } from 'node:crypto'
import { derBoolean, derMembers, oidText, readDer, tags } from '@ambit/core/der'
import { Fault } from '@ambit/core/fault'
import { parseAic } from '@ambit/core/id/aic'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Registry } from '../registry/registry.ts'
import type { Authority } from './authority.ts'
import type { Peer, PeerRefusal, Usage } from './ca.ts'
import { listUrlOf } from './foreign-lists.ts'
import type { ForeignLists, ListAddress } from './foreign-lists.ts'
import type { Standing } from './standing.ts'
import { addressesOf, didOf, oids, readCertificate, thumbprintOf } from './x509.ts'
import type { CertificateForm } from './x509.ts'

/** Leaf, authorities between, root. */
const chainMax = 6
/** Certificates that were looked through; one that is not here any more is looked through again. */
const knownMax = 50_000
/** What a leaf may mark as critical: all that is read here. */
const understood = new Set<string>([
  oids.keyUsage,
  oids.alternativeNames,
  oids.basicConstraints,
  oids.purposes,
])

export interface PeerParts {
  readonly authority: Authority
  /** Foreign roots that an operator trusts. */
  readonly roots: readonly X509Certificate[]
  readonly standing: Standing
  readonly lists: ForeignLists
  /** Whether a foreign certificate needs a list that is here and in force. */
  readonly listRequired: boolean
  readonly registry: Pick<Registry, 'target'>
  readonly clock: Clock
}

/** What does not change of a certificate that was looked through. */
interface Known {
  readonly aic: string
  readonly serial: string
  readonly thumbprint: string
  readonly key: string | undefined
  readonly usage: Usage
  /** Of the whole chain. */
  readonly notBefore: number
  readonly notAfter: number
  /** Where foreign lists are; undefined: this authority signed it. */
  readonly foreign:
    | readonly { readonly address: ListAddress | undefined; readonly serial: string }[]
    | undefined
}

export interface Peers {
  /** Throws `ca.peer` with the reason in `extra.reason`. */
  peer(certificate: X509Certificate, intermediates: readonly X509Certificate[], usage: Usage): Peer
  /** The same after what it needs of others has come, or could not. */
  meet(certificate: X509Certificate, intermediates: readonly X509Certificate[], usage: Usage): Promise<Peer>
}

export function createPeers(parts: PeerParts): Peers {
  const known = new BoundedMap<string, Known>(knownMax)
  function look(certificate: X509Certificate, intermediates: readonly X509Certificate[]): Known {
    const fingerprint = certificate.fingerprint256
    let entry = known.get(fingerprint)
    if (entry === undefined) known.set(fingerprint, (entry = lookThrough(parts, certificate, intermediates)))
    return entry
  }
  return {
    peer: (certificate, intermediates, usage) => judge(parts, look(certificate, intermediates), usage),
    async meet(certificate, intermediates, usage) {
      const entry = look(certificate, intermediates)
      for (const { address } of entry.foreign ?? [])
        if (address !== undefined) await parts.lists.settle(address)
      return judge(parts, entry, usage)
    },
  }
}

function refused(reason: PeerRefusal, detail: string): Fault {
  return new Fault('ca.peer', { detail, extra: { reason } })
}

/** What may change from one moment to the next: times, states, purpose. */
function judge(
  { standing, lists, listRequired, registry, clock }: PeerParts,
  entry: Known,
  usage: Usage,
): Peer {
  const { aic, serial, thumbprint, key, foreign } = entry
  const now = clock.now()
  if (now < entry.notBefore) throw refused('not-yet', 'the certificate does not hold yet')
  if (now >= entry.notAfter) throw refused('expired', 'the certificate, or one above it, has ended')
  if (usage !== entry.usage) throw refused('usage', `the certificate is for ${entry.usage}, not ${usage}`)
  const target = registry.target(aic)
  if (foreign !== undefined) {
    if (target?.id === aic)
      throw refused('name', 'a foreign authority certifies an agent that is registered here')
    for (const { address, serial: listed } of foreign) {
      const state = address === undefined ? 'missing' : lists.stateOf(address, listed)
      if (state === 'revoked') throw refused('revoked', 'its authority has revoked the certificate')
      if (state === 'missing' && listRequired)
        throw refused('list-missing', 'the revocation list of its authority is not here, or has aged out')
    }
    return { aic, organization: undefined, serial, thumbprint, key }
  }
  if (standing.revocation(serial) !== undefined) throw refused('revoked', 'the certificate was revoked')
  if (!standing.holds(serial, now)) throw refused('unknown', 'this authority does not know the certificate')
  if (target?.id !== aic) throw refused('record', 'no record has that identity code any more')
  if (target.state !== 'active') throw refused('record', `the record of the agent is ${target.state}`)
  return { aic, organization: target.organization, serial, thumbprint, key }
}

function lookThrough(
  parts: PeerParts,
  certificate: X509Certificate,
  intermediates: readonly X509Certificate[],
): Known {
  const form = formOf(certificate)
  const { aic, usage } = profileOf(form)
  const chain = chainOf(parts, certificate, intermediates)
  const forms = [form, ...chain.map(formOf)]
  const own = chain.at(-1)!.fingerprint256 === parts.authority.root.fingerprint256
  return {
    aic,
    usage,
    serial: form.serial,
    thumbprint: thumbprintOf(certificate.publicKey),
    key: didOf(certificate.publicKey),
    notBefore: Math.max(...forms.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...forms.map(({ notAfter }) => notAfter)),
    foreign: own ? undefined : listsOf([certificate, ...chain], forms),
  }
}

/** The leaf is always looked up; an authority between where it says that there is a list. */
function listsOf(chain: readonly X509Certificate[], forms: readonly CertificateForm[]) {
  return chain.slice(0, -1).flatMap((_certificate, at) => {
    const url = listUrlOf(forms[at]!.extensions)
    if (at > 0 && url === undefined) return []
    const issuer = chain[at + 1]!
    const address =
      url === undefined ? undefined : { url, issuerName: forms[at]!.issuer, issuerKey: issuer.publicKey }
    return [{ address, serial: forms[at]!.serial }]
  })
}

/** The authorities above a leaf, up to a root that is trusted here. Throws `ca.peer`. */
function chainOf(
  { authority, roots }: PeerParts,
  leaf: X509Certificate,
  given: readonly X509Certificate[],
): readonly X509Certificate[] {
  const anchors = [authority.root, ...roots]
  const trusted = new Set(anchors.map(({ fingerprint256 }) => fingerprint256))
  // The sender chooses what stands between; how much of it is looked at is chosen here.
  const candidates = [authority.intermediate, ...anchors, ...given.slice(0, chainMax)]
  const chain: X509Certificate[] = []
  for (let below = leaf; chain.length < chainMax;) {
    const issuer = candidates.find((one) => below.checkIssued(one) && verifies(below, one))
    if (issuer === undefined || chain.includes(issuer)) break
    refuseNoAuthority(issuer, chain.length)
    chain.push(issuer)
    if (trusted.has(issuer.fingerprint256)) {
      refuseForeignHand(authority, chain)
      return chain
    }
    below = issuer
  }
  throw refused('untrusted', 'the certificate does not lead to a root that this node trusts')
}

/** What stands under our root comes from our own intermediate, and from no other. */
function refuseForeignHand({ root, intermediate }: Authority, chain: readonly X509Certificate[]): void {
  if (chain.at(-1)!.fingerprint256 !== root.fingerprint256) return
  if (chain[0]!.fingerprint256 === intermediate.fingerprint256) return
  throw refused('untrusted', 'this authority gives no certificates in that way')
}

function verifies(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    // A key or a signature of a kind that the runtime does not know proves nothing.
    return false
  }
}

function refuseNoAuthority(certificate: X509Certificate, below: number): void {
  const { extensions } = formOf(certificate)
  for (const { oid, critical } of extensions.values()) {
    if (critical && oid !== oids.basicConstraints && oid !== oids.keyUsage)
      throw refused('profile', 'an authority above it bears a critical mark that is not read here')
  }
  const [isAuthority, pathMax] = read(() => constraintsOf(extensions.get(oids.basicConstraints)?.value))
  const usage = extensions.get(oids.keyUsage)
  const signs = usage === undefined || (read(() => firstBits(usage.value)) & 0x04) !== 0
  if (!isAuthority || !signs || (pathMax !== undefined && below > pathMax))
    throw refused('untrusted', 'a certificate above it may not give certificates')
}

function constraintsOf(value: Uint8Array | undefined): readonly [boolean, number | undefined] {
  if (value === undefined) return [false, undefined]
  const [flag, path] = derMembers(readDer(value, tags.sequence))
  if (flag?.tag !== tags.boolean) return [false, undefined]
  return [derBoolean(flag), path === undefined ? undefined : (path.content[0] ?? 0)]
}

function firstBits(value: Uint8Array): number {
  return readDer(value, tags.bits).content[1] ?? 0
}

/** Who the certificate is for, held against the profile (ACPs ATR section 3.2, AIP section 6.0). Throws `ca.peer`. */
function profileOf({ commonNames, extensions }: CertificateForm): {
  readonly aic: string
  readonly usage: Usage
} {
  const off = (detail: string) => refused('profile', detail)
  for (const { oid, critical } of extensions.values())
    if (critical && !understood.has(oid))
      throw off('the certificate bears a critical mark that is not read here')
  const constraints = extensions.get(oids.basicConstraints)
  if (constraints === undefined || read(() => constraintsOf(constraints.value))[0])
    throw off('the certificate does not say that its holder is no authority')
  const usage = extensions.get(oids.keyUsage)
  if (usage === undefined || (read(() => firstBits(usage.value)) & 0x80) === 0)
    throw off('the certificate is not for signatures')
  const purposes = extensions.get(oids.purposes)
  const named =
    purposes === undefined ? [] : read(() => derMembers(readDer(purposes.value, tags.sequence)).map(oidText))
  const purpose = (['clientAuth', 'serverAuth'] as const).find((one) => named[0] === oids[one])
  if (purposes?.critical !== true || named.length !== 1 || purpose === undefined)
    throw off('the certificate is not for exactly one of clientAuth and serverAuth')
  return { aic: codeOf(commonNames, extensions.get(oids.alternativeNames)?.value), usage: purpose }
}

/** The common name is the identity code; an `acps://` address beside it says the same or the certificate says nothing. */
function codeOf(commonNames: readonly string[], alternativeNames: Uint8Array | undefined): string {
  const [name, ...others] = commonNames
  const code = name === undefined || others.length > 0 ? undefined : bareCode(name)
  if (code === undefined) throw refused('name', 'the common name is not one identity code')
  const addresses = alternativeNames === undefined ? [] : read(() => addressesOf(alternativeNames))
  for (const address of addresses) {
    if (!address.toLowerCase().startsWith('acps://')) continue
    if (bareCode(address.slice('acps://'.length))?.text !== code.text)
      throw refused('name', 'the common name and the alternative name are two identity codes')
  }
  return code.text
}

/** Without white space: whoever compares names as texts would take it for another one. The case of letters says nothing. */
function bareCode(text: string) {
  return /\s/.test(text) ? undefined : parseAic(text)
}

function formOf(certificate: X509Certificate): CertificateForm {
  return read(() => readCertificate(certificate.raw))
}

function read<R>(reading: () => R): R {
  try {
    return reading()
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('ca.peer', {
      detail: 'the certificate is not of the form that is read here',
      extra: { reason: 'profile' satisfies PeerRefusal },
      cause: error,
    })
  }
}
