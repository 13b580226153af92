import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSigner, createVerifier, httpbis } from 'http-message-signatures'

type Algorithm = 'ed25519' | 'ecdsa-p256-sha256'

export interface PeerRequest {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
}

/** Somebody else's implementation of RFC 9421, with a key of its own. */
export function createSignaturePeer(algorithm: Algorithm) {
  const { publicKey, privateKey } =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    publicKey,
    /** As the holder of the key signs anything else. */
    signBytes: async (bytes: Uint8Array): Promise<Uint8Array> =>
      algorithm === 'ed25519'
        ? sign(null, bytes, privateKey)
        : sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    /** Adds the two fields. */
    async sign(
      request: PeerRequest,
      fields: readonly string[],
      values: { readonly keyid: string; readonly nonce: string; readonly tag?: string },
    ): Promise<PeerRequest> {
      return await httpbis.signMessage(
        {
          key: createSigner(privateKey, algorithm, values.keyid),
          fields: [...fields],
          params: ['created', 'keyid', 'nonce', ...(values.tag === undefined ? [] : ['tag'])],
          paramValues: values,
        },
        request,
      )
    },
  }
}

/** Whether it takes every signature of a request as by that key. */
export async function peerVerifies(
  request: PeerRequest,
  key: KeyObject | { readonly jwk: Readonly<Record<string, unknown>> },
  algorithm: Algorithm,
): Promise<boolean> {
  const known = 'jwk' in key ? createPublicKey({ key: { ...key.jwk }, format: 'jwk' }) : key
  const keyLookup = async ({ keyid = '' }: { keyid?: string }) => ({
    id: keyid,
    algs: [algorithm],
    verify: createVerifier(known, algorithm),
  })
  return (await httpbis.verifyMessage({ keyLookup, all: true }, request)) === true
}
