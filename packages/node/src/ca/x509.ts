import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  context,
  derBoolean,
  derMembers,
  derMs,
  derString,
  oidText,
  readDer,
  tags,
  wholeBits,
} from '@ambit/core/der'
import type { DerValue } from '@ambit/core/der'
import { didKey, keyBytes } from '@ambit/core/id/did-key'

/** Object identifiers of RFC 5280, RFC 6960, RFC 2986 and of the algorithms. */
export const oids = {
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  organization: '2.5.4.10',
  department: '2.5.4.11',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  listNumber: '2.5.29.20',
  reason: '2.5.29.21',
  distributionPoints: '2.5.29.31',
  authorityKey: '2.5.29.35',
  purposes: '2.5.29.37',
  authorityAccess: '1.3.6.1.5.5.7.1.1',
  ocsp: '1.3.6.1.5.5.7.48.1',
  ocspBasic: '1.3.6.1.5.5.7.48.1.1',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  extensionRequest: '1.2.840.113549.1.9.14',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  ed25519: '1.3.101.112',
} as const

/** Digest of each algorithm that a signature may be made with; null: the key's own (Ed25519). */
const signatureDigests: Readonly<Record<string, { readonly digest: string | null; readonly key: string }>> = {
  '1.2.840.113549.1.1.11': { digest: 'sha256', key: 'rsa' },
  '1.2.840.113549.1.1.12': { digest: 'sha384', key: 'rsa' },
  '1.2.840.113549.1.1.13': { digest: 'sha512', key: 'rsa' },
  '1.2.840.10045.4.3.2': { digest: 'sha256', key: 'ec' },
  '1.2.840.10045.4.3.3': { digest: 'sha384', key: 'ec' },
  '1.2.840.10045.4.3.4': { digest: 'sha512', key: 'ec' },
  '1.3.101.112': { digest: null, key: 'ed25519' },
}

/** `SIGNED{…}` of RFC 5280: what was signed, by which algorithm, and the signature. */
export interface SignedValue {
  readonly body: DerValue
  readonly algorithm: string
  readonly signature: Uint8Array
}

/** Throws a SyntaxError. */
export function readSigned(bytes: Uint8Array): SignedValue {
  const [body, algorithm, signature, ...rest] = derMembers(readDer(bytes, tags.sequence))
  if (body === undefined || algorithm === undefined || signature === undefined || rest.length > 0)
    throw new SyntaxError('not a signed value')
  const [oid] = derMembers(algorithm, tags.sequence)
  if (oid === undefined) throw new SyntaxError('a signature without its algorithm')
  return { body, algorithm: oidText(oid), signature: wholeBits(signature) }
}

/** Whether this key made the signature. SHA-1 and whatever else is not in the table above holds nothing. */
export function signatureHolds({ body, algorithm, signature }: SignedValue, key: KeyObject): boolean {
  const form = signatureDigests[algorithm]
  if (form === undefined || form.key !== key.asymmetricKeyType) return false
  try {
    return verify(form.digest, body.whole, key, signature)
  } catch {
    // A signature that is not of its form is none.
    return false
  }
}

export interface Extension {
  readonly oid: string
  readonly critical: boolean
  readonly value: Uint8Array
}

/** `Extensions`, each at most once. Throws a SyntaxError. */
export function readExtensions(list: DerValue): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>()
  for (const member of derMembers(list, tags.sequence)) {
    const [type, ...parts] = derMembers(member, tags.sequence)
    const flag = parts.length === 2 ? parts[0] : undefined
    const value = parts.at(-1)
    const oid = type === undefined ? '' : oidText(type)
    if (parts.length > 2 || value?.tag !== tags.octets || extensions.has(oid))
      throw new SyntaxError('extensions that are not of their form')
    const critical = flag !== undefined && derBoolean(flag)
    extensions.set(oid, { oid, critical, value: value.content })
  }
  return extensions
}

/** What a name says under one attribute, in its order. Throws a SyntaxError. */
export function attributesOf(name: DerValue, oid: string): readonly string[] {
  return derMembers(name, tags.sequence).flatMap((set) =>
    derMembers(set, tags.set).flatMap((attribute) => {
      const [type, value] = derMembers(attribute, tags.sequence)
      return type !== undefined && value !== undefined && oidText(type) === oid ? [derString(value)] : []
    }),
  )
}

/** The addresses (URI) among alternative names. Throws a SyntaxError. */
export function addressesOf(alternativeNames: Uint8Array): readonly string[] {
  return derMembers(readDer(alternativeNames, tags.sequence))
    .filter((name) => name.tag === context(6, false))
    .map(({ content }) => Buffer.from(content).toString('latin1'))
}

/** What a certificate says, as far as this authority looks at it. */
export interface CertificateForm {
  /** Upper-case hexadecimal, as it is looked for in lists of what was revoked. */
  readonly serial: string
  readonly commonNames: readonly string[]
  readonly subject: Uint8Array
  readonly issuer: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  readonly extensions: ReadonlyMap<string, Extension>
}

/** Reads a certificate of version 3 (RFC 5280). Throws a SyntaxError. */
export function readCertificate(bytes: Uint8Array): CertificateForm {
  const members = [...derMembers(readSigned(bytes).body, tags.sequence)]
  if (members[0]?.tag !== context(0)) throw new SyntaxError('not a certificate of version 3')
  const [, serial, , issuer, validity, subject, , ...optional] = members
  if (serial?.tag !== tags.integer || issuer === undefined || validity === undefined || subject === undefined)
    throw new SyntaxError('a certificate that lacks something')
  const [from, until] = derMembers(validity, tags.sequence)
  if (from === undefined || until === undefined) throw new SyntaxError('a certificate without times')
  const list = optional.find(({ tag }) => tag === context(3))
  return {
    serial: serialText(serial.content),
    commonNames: attributesOf(subject, oids.commonName),
    subject: subject.whole,
    issuer: issuer.whole,
    notBefore: derMs(from),
    notAfter: derMs(until),
    extensions: list === undefined ? new Map() : readExtensions(readDer(list.content)),
  }
}

/**
 * A serial number: upper-case pairs without a leading zero octet. One that its authority made negative is read as its
 * octets, in certificates and in lists alike.
 */
export function serialText(content: Uint8Array): string {
  let at = 0
  while (at < content.length - 1 && content[at] === 0) at++
  return Buffer.from(content.subarray(at)).toString('hex').toUpperCase()
}

/** Whether a key of RSA is strong enough, and cheap enough to check signatures with. */
export function isSoundRsa({ asymmetricKeyDetails: details }: KeyObject): boolean {
  const { modulusLength: bits = 0, publicExponent: exponent = 0n } = details ?? {}
  if (bits < rsaBitsMin || bits > rsaBitsMax) return false
  return exponent >= rsaExponentMin && exponent <= rsaExponentMax && exponent % 2n === 1n
}

const rsaBitsMin = 2048
/** Checking a signature of more costs milliseconds each time it is shown. */
const rsaBitsMax = 8192
/** With 1 everybody signs, with little ones bad padding is enough (FIPS 186-5, section A.1.1); long ones take long. */
const rsaExponentMin = 65_537n
const rsaExponentMax = 2n ** 32n

/** RFC 7638 thumbprint of a public key. */
export function thumbprintOf(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' })
  // Required members in the order of their names; `undefined` is left out.
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url')
}

/** did:key of a public key; undefined where it is neither Ed25519 nor P-256. */
export function didOf(key: KeyObject): string | undefined {
  const { crv, x = '', y = '' } = key.export({ format: 'jwk' })
  const left = Buffer.from(x, 'base64url')
  if (crv === 'Ed25519') return didKey('ed25519', left)
  if (crv !== 'P-256') return undefined
  const sign = 2 + (Buffer.from(y, 'base64url').at(-1)! & 1)
  return didKey('p256', Buffer.concat([Buffer.of(sign), left]))
}

/** SPKI heads before a bare key: Ed25519 (RFC 8410), a compressed point of P-256 (RFC 5480). */
const spkiHeads = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  p256: Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
} as const

/** RFC 7638 thumbprint of the key of a did:key; undefined for what is none. */
export function thumbprintOfDid(did: string): string | undefined {
  const parsed = keyBytes(did)
  if (parsed === undefined) return undefined
  try {
    const key = Buffer.concat([spkiHeads[parsed.alg], parsed.bytes])
    return thumbprintOf(createPublicKey({ key, format: 'der', type: 'spki' }))
  } catch {
    // A point that is not on its curve is the key of nobody.
    return undefined
  }
}

/** Node's own reading of a certificate, which also checks signatures of others with its key. Throws a SyntaxError. */
export function x509Of(bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes)
  } catch (error) {
    throw new SyntaxError('not a certificate', { cause: error })
  }
}
