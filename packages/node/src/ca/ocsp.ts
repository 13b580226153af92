import { createHash } from 'node:crypto'
import {
  context,
  der,
  derGeneralizedTime,
  derInteger,
  derMembers,
  derNull,
  derOctets,
  derOid,
  derSequence,
  oidText,
  readDer,
  tags,
  wholeBits,
} from '@ambit/core/der'
import type { DerValue } from '@ambit/core/der'
import type { Clock } from '../kernel/clock.ts'
import type { Authority } from './authority.ts'
import { extension, signedWith } from './make.ts'
import type { ShortLived } from './short-lived.ts'
import type { Standing } from './standing.ts'
import { oids, readExtensions, serialText } from './x509.ts'

/** A request for ten certificates has 1 KiB. */
export const ocspBytesMax = 16 * 1024
/** Certificates asked about in one request. */
const askedMax = 20
/** RFC 9654, section 2.1. */
const nonceBytesMax = 128
/** How long an answer may be believed: who wants to know at once asks again, with a nonce. */
const lifeMs = 3_600_000

export interface OcspParts {
  readonly authority: Authority
  readonly standing: Standing
  /** Signs answers, so that the key of the authority is not at anybody's call. */
  readonly responder: () => ShortLived
  readonly clock: Clock
}

interface Asked {
  readonly id: DerValue
  readonly serial: string
  /** Whether it is asked of the issuer of this authority. */
  readonly ours: boolean
}

/** `OCSPResponseStatus` other than `successful` (RFC 6960, section 4.2.1). */
const refusals = { malformed: 1, internal: 2, later: 3 } as const

/** Answers a request (RFC 6960) about certificates of this authority, in DER. Never throws. */
export async function answerOcsp(bytes: Uint8Array, parts: OcspParts): Promise<Buffer> {
  let request
  try {
    request = readRequest(bytes, parts.authority)
  } catch {
    // Whatever is not of the form is answered so, without saying where.
    return refusal('malformed')
  }
  try {
    return await respond(request, parts)
  } catch {
    return refusal('internal')
  }
}

export function refusal(why: keyof typeof refusals): Buffer {
  return Buffer.from(derSequence(der(tags.enumerated, Uint8Array.of(refusals[why]))))
}

function readRequest(bytes: Uint8Array, authority: Authority) {
  const [request] = derMembers(readDer(bytes, tags.sequence))
  const members = derMembers(request!, tags.sequence)
  const list = members.find(({ tag }) => tag === tags.sequence)
  const asked = derMembers(list!).map((one) => readAsked(derMembers(one, tags.sequence)[0]!, authority))
  if (asked.length === 0 || asked.length > askedMax) throw new SyntaxError('too many or none')
  const extensions = members.find(({ tag }) => tag === context(2))
  const nonce =
    extensions === undefined
      ? undefined
      : readExtensions(readDer(extensions.content)).get(oids.ocspNonce)?.value
  // Older programs write the nonce without a second OCTET STRING; it is given back as it came.
  if (nonce !== undefined && (nonce.length === 0 || nonce.length > nonceBytesMax + 3))
    throw new SyntaxError('a nonce of another length')
  return { asked, nonce }
}

function readAsked(id: DerValue, { intermediate, issuer }: Authority): Asked {
  const [algorithm, nameHash, keyHash, serial] = derMembers(id, tags.sequence)
  if (serial?.tag !== tags.integer || nameHash?.tag !== tags.octets || keyHash?.tag !== tags.octets)
    throw new SyntaxError('not a certificate id')
  const oid = oidText(derMembers(algorithm!, tags.sequence)[0]!)
  const digest = oid === oids.sha1 ? 'sha1' : oid === oids.sha256 ? 'sha256' : undefined
  const is = (content: Uint8Array, of: Uint8Array) =>
    digest !== undefined && createHash(digest).update(of).digest().equals(content)
  const ours =
    is(nameHash.content, issuer.name) && is(keyHash.content, keyBits(intermediate.publicKey.export(spki)))
  return { id, serial: serialText(serial.content), ours }
}

const spki = { format: 'der', type: 'spki' } as const

function keyBits(bytes: Uint8Array): Uint8Array {
  return wholeBits(derMembers(readDer(bytes))[1]!)
}

async function respond(
  { asked, nonce }: ReturnType<typeof readRequest>,
  { standing, responder, clock }: OcspParts,
): Promise<Buffer> {
  const now = clock.now()
  const { signer, certificate } = responder()
  const answers = asked.map(({ id, serial, ours }) =>
    derSequence(
      id.whole,
      ours ? statusOf(standing, serial, now) : unknown,
      derGeneralizedTime(now),
      der(context(0), derGeneralizedTime(now + lifeMs)),
    ),
  )
  const keyName = createHash('sha1')
    .update(keyBits(signer.publicKey.export(spki)))
    .digest()
  const body = derSequence(
    der(context(2), derOctets(keyName)),
    derGeneralizedTime(now),
    derSequence(...answers),
    ...(nonce === undefined ? [] : [der(context(1), derSequence(extension(oids.ocspNonce, nonce)))]),
  )
  const basic = await signedWith(body, signer, der(context(0), derSequence(certificate)))
  const response = derSequence(derOid(oids.ocspBasic), derOctets(basic))
  return Buffer.from(derSequence(der(tags.enumerated, Uint8Array.of(0)), der(context(0), response)))
}

const unknown = der(context(2, false))

/** `good` of what this authority gave and holds, `revoked` with time and reason, `unknown` of everything else. */
function statusOf(standing: Standing, serial: string, now: number): Uint8Array {
  const revoked = standing.revocation(serial)
  if (revoked === undefined) return standing.holds(serial, now) ? derGood : unknown
  const reason = der(context(0), derInteger(revoked.reason, tags.enumerated))
  return der(context(1), derGeneralizedTime(revoked.at), ...(revoked.reason === 0 ? [] : [reason]))
}

const derGood = der(context(0, false), derNull.subarray(2))
