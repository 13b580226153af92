import type { KeyObject } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import {
  context,
  der,
  derBits,
  derInteger,
  derNull,
  derOctets,
  derOid,
  derSequence,
  derSet,
  derText,
  derTime,
  derTrue,
  tags,
} from '@ambit/core/der'
import type { Bytes } from '@ambit/core/bytes'
import type { Clock } from '../kernel/clock.ts'
import { keyIdentifier } from '../kernel/key-signer.ts'
import type { KeySigner } from '../kernel/key-signer.ts'
import { oids } from './x509.ts'

/** 16 bytes, of which the first bit is always 0 and the second always 1: a positive number of one length (RFC 5280 section 4.1.2.2). */
const serialBytes = 16

/** Who signs: its name as it stands in certificates, and its key. */
export interface Issuer {
  readonly name: Uint8Array
  readonly signer: KeySigner
}

export interface Subject {
  readonly commonName: string
  readonly organization?: string | undefined
  readonly department?: string | undefined
  readonly country?: string | undefined
}

export interface CertificatePlan {
  /** Hexadecimal. */
  readonly serial: string
  readonly subject: Uint8Array
  readonly publicKey: KeyObject
  readonly notBefore: number
  readonly notAfter: number
  /** As `extension` makes them; the names of both keys are added. */
  readonly extensions: readonly Uint8Array[]
}

/** Of 126 bits of chance, upper-case hexadecimal. */
export function newSerial(clock: Clock): string {
  const bytes = clock.random(serialBytes)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex').toUpperCase()
}

/** A certificate of version 3, DER (RFC 5280, section 4.1). Throws `ca.signer`. */
export async function certify(plan: CertificatePlan, issuer: Issuer): Promise<Buffer> {
  const spki = plan.publicKey.export({ format: 'der', type: 'spki' })
  const extensions = [
    ...plan.extensions,
    extension(oids.subjectKey, derOctets(keyIdentifier(plan.publicKey))),
    authorityKey(issuer.signer),
  ]
  const body = derSequence(
    der(context(0), derInteger(2)),
    derInteger(Buffer.from(plan.serial, 'hex')),
    algorithmOf(issuer.signer),
    issuer.name,
    derSequence(derTime(plan.notBefore), derTime(plan.notAfter)),
    plan.subject,
    spki,
    der(context(3), derSequence(...extensions)),
  )
  return await signedWith(body, issuer.signer)
}

/** `SIGNED{…}`: the body, the algorithm, the signature. */
export async function signedWith(
  body: Uint8Array,
  signer: KeySigner,
  ...more: Uint8Array[]
): Promise<Buffer> {
  const signature = await signer.sign(body)
  return Buffer.from(derSequence(body, algorithmOf(signer), derBits(signature), ...more))
}

export function algorithmOf({ algorithm }: KeySigner): Bytes {
  return derSequence(derOid(algorithm === 'p256' ? oids.ecdsaSha256 : oids.ed25519))
}

/** A distinguished name, in the order of the reference authority: CN, O, OU, C. */
export function nameOf({ commonName, organization, department, country }: Subject): Bytes {
  const one = (oid: string, text: string | undefined, tag: number = tags.utf8) =>
    text === undefined ? [] : [derSet(derSequence(derOid(oid), derText(text, tag)))]
  return derSequence(
    ...one(oids.commonName, commonName),
    ...one(oids.organization, organization),
    ...one(oids.department, department),
    ...one(oids.country, country, tags.printable),
  )
}

export function extension(oid: string, value: Uint8Array, critical = false): Bytes {
  return derSequence(derOid(oid), ...(critical ? [derTrue] : []), derOctets(value))
}

export function authorityKey(signer: KeySigner): Bytes {
  return extension(oids.authorityKey, derSequence(der(context(0, false), keyIdentifier(signer.publicKey))))
}

/** Of an authority; `below`: how many further authorities may stand under it. */
export function authorityConstraints(below?: number): readonly Bytes[] {
  const constraints = derSequence(derTrue, ...(below === undefined ? [] : [derInteger(below)]))
  // keyCertSign and cRLSign: bits 5 and 6.
  return [
    extension(oids.basicConstraints, constraints, true),
    extension(oids.keyUsage, derBits(Uint8Array.of(0x06), 1), true),
  ]
}

/** Of whoever is no authority, for exactly one purpose: CA:FALSE, digitalSignature and keyEncipherment, all critical. */
export function endConstraints(purpose: string): readonly Bytes[] {
  return [
    extension(oids.basicConstraints, derSequence(), true),
    // Bits 0 and 2, as the reference authority sets them for keys of every kind.
    extension(oids.keyUsage, derBits(Uint8Array.of(0xa0), 5), true),
    extension(oids.purposes, derSequence(derOid(purpose)), true),
  ]
}

/** Alternative names; addresses of IP as their bytes. */
export function alternativeNames(names: {
  readonly uri?: string
  readonly dns: readonly string[]
  readonly ip: readonly string[]
}): Bytes {
  return extension(
    oids.alternativeNames,
    derSequence(
      ...(names.uri === undefined ? [] : [derText(names.uri, context(6, false))]),
      ...names.dns.map((name) => derText(name, context(2, false))),
      ...names.ip.map((address) => der(context(7, false), ipBytes(address))),
    ),
  )
}

/** Where its state is asked for (OCSP) and listed (CRL). */
export function stateAddresses(ocsp: string, list: string): readonly Bytes[] {
  const access = derSequence(derOid(oids.ocsp), derText(ocsp, context(6, false)))
  const point = derSequence(der(context(0), der(context(0), derText(list, context(6, false)))))
  return [
    extension(oids.authorityAccess, derSequence(access)),
    extension(oids.distributionPoints, derSequence(point)),
  ]
}

/** Whoever asks for states need not ask for that of the responder itself (RFC 6960, section 4.2.2.2.1). */
export const noCheck: Bytes = extension(oids.ocspNoCheck, derNull)

/** 4 or 16 bytes. Throws a RangeError on what is no address. */
export function ipBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number)
  if (!isIPv6(address) || address.includes('%')) throw new RangeError('not an IP address')
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const pair = (high: string, low: string) => ((Number(high) << 8) | Number(low)).toString(16)
  const text =
    dotted === null ? address : `${dotted[1]}${pair(dotted[2]!, dotted[3]!)}:${pair(dotted[4]!, dotted[5]!)}`
  const [head = '', tail] = text.split('::')
  const words = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'))
  const [left, right] = [words(head), words(tail)]
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return Uint8Array.from(
    all.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 0xff]),
  )
}
