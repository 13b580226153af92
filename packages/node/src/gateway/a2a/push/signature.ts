import type { Signer } from '@ambit/core/signature'

/** The header with the signature of a delivery. */
export const signatureHeader = 'x-ambit-signature'

/** What a receiver can check beside the body: when, for whom and as which act it was sent. */
export interface SignedDelivery {
  readonly body: Uint8Array
  /** Origin of the receiver: a delivery to one cannot be shown to another. */
  readonly audience: string
  readonly act: string
  /** In ms. */
  readonly at: number
}

/**
 * A detached JWS (RFC 7515, appendix F) over the body with the node's own key: `<protected>..<signature>`. The key id
 * is the did:key of the node, which the receiver compares with the one that the node publishes.
 */
export async function signDelivery(signer: Signer, delivery: SignedDelivery): Promise<string> {
  const head = base64url(
    JSON.stringify({
      alg: signer.alg === 'ed25519' ? 'EdDSA' : 'ES256',
      kid: signer.key,
      typ: 'JOSE',
      iat: Math.floor(delivery.at / 1000),
      aud: delivery.audience,
      act: delivery.act,
    }),
  )
  const signed = await signer.sign(Buffer.from(`${head}.${base64url(delivery.body)}`))
  return `${head}..${base64url(signed)}`
}

function base64url(content: Uint8Array | string): string {
  return Buffer.from(content).toString('base64url')
}
