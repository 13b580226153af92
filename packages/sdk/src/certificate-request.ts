import type { Bytes } from '@ambit/core/bytes'
import { context, der, derBits, derInteger, derOid, derSequence, derSet, derText } from '@ambit/core/der'
import { pem } from '@ambit/core/pem'

export interface CertificateKeys {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** A certificate request and the key that it is for. */
export interface NewRequest {
  /** PKCS #10, DER. */
  readonly der: Bytes
  /** The same in PEM. */
  readonly request: string
  /** PKCS #8, PEM. Never leaves the agent. */
  readonly privateKey: string
}

const commonName = '2.5.4.3'
const ecdsaSha256 = '1.2.840.10045.4.3.2'

/** A new key of P-256, which every TLS library takes. */
export async function createCertificateKeys(): Promise<CertificateKeys> {
  return await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
}

/**
 * Makes a certificate request (PKCS #10, RFC 2986) for an agent, and a key of P-256 where none is given.
 *
 * @example
 * ```ts
 * const { request, privateKey } = await certificateRequest('1.2.156.3088.1.…')
 * ```
 */
export async function certificateRequest(aic: string, given?: CertificateKeys): Promise<NewRequest> {
  const keys = given ?? (await createCertificateKeys())
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey))
  const name = derSequence(derSet(derSequence(derOid(commonName), derText(aic))))
  const body = derSequence(derInteger(0), name, spki, der(context(0)))
  const pair = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, keys.privateKey, body)
  const signature = derSequence(...halves(new Uint8Array(pair)).map((half) => derInteger(half)))
  const bytes = derSequence(body, derSequence(derOid(ecdsaSha256)), derBits(signature))
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  return {
    der: bytes,
    request: pem('CERTIFICATE REQUEST', bytes),
    privateKey: pem('PRIVATE KEY', pkcs8),
  }
}

/** Web Crypto gives `r ‖ s` (IEEE P1363); certificates have both as numbers in DER. */
function halves(pair: Uint8Array): readonly Uint8Array[] {
  return [pair.subarray(0, pair.length / 2), pair.subarray(pair.length / 2)]
}
