import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { context, derMembers, oidText, tags } from '@ambit/core/der'
import type { DerValue } from '@ambit/core/der'
import { Fault } from '@ambit/core/fault'
import { parseAic } from '@ambit/core/id/aic'
import {
  addressesOf,
  attributesOf,
  isSoundRsa,
  oids,
  readExtensions,
  readSigned,
  signatureHolds,
} from './x509.ts'

/** A request with an RSA key of 8192 bits and many names has 4 KiB. */
const requestBytesMax = 16 * 1024
const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1'])

export interface CertificateRequest {
  readonly publicKey: KeyObject
  /** Identity codes that it names: common names and `acps://` addresses. */
  readonly names: readonly string[]
}

/**
 * Reads a certificate request (PKCS #10, RFC 2986) whose signature shows that its sender has the key. Names of hosts in
 * it mean nothing: those come from the record. Throws `ca.request` and `ca.key`.
 */
export function readRequest(bytes: Uint8Array): CertificateRequest {
  if (bytes.length > requestBytesMax)
    throw new Fault('ca.request', { detail: `it is longer than ${requestBytesMax} bytes`, where: 'csr' })
  const { publicKey, names, proved } = parsed(bytes)
  refuseWeak(publicKey)
  if (!proved())
    throw new Fault('ca.request', {
      detail: 'its signature is not made with the key it names, so that nobody has shown to have that key',
      where: 'csr',
    })
  return { publicKey, names }
}

function parsed(bytes: Uint8Array) {
  try {
    const signed = readSigned(bytes)
    const [version, subject, spki, ...attributes] = derMembers(signed.body, tags.sequence)
    if (version?.tag !== tags.integer || version.content.length !== 1 || version.content[0] !== 0)
      throw new SyntaxError('not a request of version 1')
    const publicKey = createPublicKey({ key: Buffer.from(spki!.whole), format: 'der', type: 'spki' })
    const names = [...attributesOf(subject!, oids.commonName), ...attributes.flatMap(requestedCodes)]
    return { publicKey, names, proved: () => signatureHolds(signed, publicKey) }
  } catch (error) {
    throw new Fault('ca.request', { detail: 'it is no PKCS #10 request in DER', where: 'csr', cause: error })
  }
}

/** Identity codes among the alternative names that the request asks for (`extensionRequest`). */
function requestedCodes(attributes: DerValue): readonly string[] {
  if (attributes.tag !== context(0)) throw new SyntaxError('a request of another form')
  return derMembers(attributes).flatMap((attribute) => {
    const [type, values] = derMembers(attribute, tags.sequence)
    if (oidText(type!) !== oids.extensionRequest) return []
    return derMembers(values!, tags.set).flatMap((list) => {
      const names = readExtensions(list).get(oids.alternativeNames)
      const addresses = names === undefined ? [] : addressesOf(names.value)
      return addresses.filter((address) => /^acps:\/\//i.test(address)).map((address) => address.slice(7))
    })
  })
}

function refuseWeak(key: KeyObject): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return
  if (type === 'ec' && curves.has(details?.namedCurve ?? '')) return
  if (type === 'rsa' && isSoundRsa(key)) return
  const what =
    type === 'rsa'
      ? `RSA of ${details?.modulusLength} bits with a public exponent of ${details?.publicExponent?.toString(2).length} bits`
      : `of the kind ${details?.namedCurve ?? type}`
  throw new Fault('ca.key', { detail: `the key is ${what}`, where: 'csr' })
}

/**
 * Refuses a request that names another agent than the one it is made for, or none (RFC 8555, section 7.4): whoever saw
 * one that names nobody could have its key certified as that of an agent of their own. Throws `ca.name`.
 */
export function refuseOtherNames({ names }: CertificateRequest, aic: string): void {
  if (names.length === 0)
    throw new Fault('ca.name', {
      detail: 'the request names no identity code, as its common name or as `URI:acps://…`',
      where: 'csr',
    })
  for (const name of names) {
    const code = parseAic(name)
    if (code?.text === aic) continue
    throw new Fault('ca.name', {
      detail:
        code === undefined
          ? 'the request names something that is no identity code'
          : 'the request names the identity code of another agent',
      where: 'csr',
    })
  }
}
