import { X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { pem } from '@ambit/core/pem'
import type { Clock } from '../kernel/clock.ts'
import type { SigningKeys } from '../kernel/key-signer.ts'
import type { CertificateReader, CertificateWriter } from './ca-store.ts'
import { authorityConstraints, certify, nameOf, newSerial } from './make.ts'
import type { Issuer } from './make.ts'

const dayMs = 86_400_000
/** Longer than anything it signs may last; there is no change-over to a second root in this version. */
const yearsMs = 20 * 365 * dayMs
/** Clocks of others are a little behind. */
export const skewMs = 5 * 60_000
/** Names in certificates have 64 characters (RFC 5280, appendix A.1); what is left says which of the two it is. */
const nameCharactersMax = 40

/** The two certificates of this authority and the key that signs for it. */
export interface Authority {
  readonly root: X509Certificate
  readonly intermediate: X509Certificate
  /** PEM of both. */
  readonly rootPem: string
  readonly intermediatePem: string
  readonly issuer: Issuer
}

export interface AuthorityParts {
  readonly store: CertificateReader & CertificateWriter
  readonly keys: SigningKeys
  readonly clock: Clock
  /** As in the origins of this node's logs. */
  readonly nodeName: string
}

/** Opens the authority, and makes it the first time: a root that signs one intermediate, which signs all else. Throws `ca.ended` and `ca.signer`. */
export async function openAuthority(parts: AuthorityParts): Promise<Authority> {
  const { keys, clock, nodeName } = parts
  const shown = nodeName.slice(0, nameCharactersMax)
  const rootName = nameOf({ commonName: `${shown} root` })
  const rootKey = await keys.key('root')
  const root = await made(parts, 'root', rootKey.publicKey, async () => {
    const self = { name: rootName, signer: rootKey }
    const times = span(clock)
    const subject = { subject: rootName, publicKey: rootKey.publicKey }
    return await certify(
      { ...times, ...subject, serial: newSerial(clock), extensions: authorityConstraints() },
      self,
    )
  })
  const key = await keys.key('intermediate')
  const name = nameOf({ commonName: `${shown} agents` })
  const intermediate = await made(parts, 'intermediate', key.publicKey, async () => {
    const subject = { subject: name, publicKey: key.publicKey }
    const notAfter = Math.min(span(clock).notAfter, root.validToDate.getTime())
    const extensions = authorityConstraints(0)
    return await certify(
      { ...span(clock), ...subject, notAfter, serial: newSerial(clock), extensions },
      { name: rootName, signer: rootKey },
    )
  })
  if (!intermediate.checkIssued(root) || !intermediate.verify(root.publicKey))
    throw new Fault('ca.signer', {
      detail: 'the certificates that are kept belong to other keys than AMBIT_CA_KEY names',
      where: 'AMBIT_CA_KEY',
    })
  return {
    root,
    intermediate,
    rootPem: pem('CERTIFICATE', root.raw),
    intermediatePem: pem('CERTIFICATE', intermediate.raw),
    issuer: { name, signer: key },
  }
}

async function made(
  { store, clock }: AuthorityParts,
  name: string,
  publicKey: KeyObject,
  make: () => Promise<Buffer>,
): Promise<X509Certificate> {
  const kept = (await store.authority(name)) ?? (await store.keepAuthority(name, await make()))
  const certificate = new X509Certificate(kept)
  if (!certificate.publicKey.equals(publicKey))
    throw new Fault('ca.signer', {
      detail: `the ${name} certificate that is kept belongs to another key than the one that AMBIT_CA_KEY names`,
      where: 'AMBIT_CA_KEY',
    })
  if (certificate.validToDate.getTime() <= clock.now())
    throw new Fault('ca.ended', {
      detail: `its ${name} certificate ended at ${certificate.validToDate.toISOString()}`,
    })
  return certificate
}

function span(clock: Clock): { readonly notBefore: number; readonly notAfter: number } {
  return { notBefore: clock.now() - skewMs, notAfter: clock.now() + yearsMs }
}
