import { createSignaturePeer, peerVerifies } from '@ambit/testkit/http-signature-peer'
import { ProofKey, didKeyOf } from '@ambit/testkit/proof'
import { describe, expect, test } from 'vitest'
import { contentDigest } from '@ambit/core/wire/http-signature/content-digest'
import { utf8 } from '@ambit/core/bytes'
import { fieldsOf } from '@ambit/core/wire/http-signature/message'
import { readSignatures, signMessage, signatureVerifies } from '@ambit/core/wire/http-signature/signature'

/* Both directions with an implementation of RFC 9421 by others (npm `http-message-signatures`). */

const names = { EdDSA: 'ed25519', ES256: 'ecdsa-p256-sha256' } as const
const url = 'https://node.example:7101/mcp?a=b%20c&d'

async function plain() {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'content-digest': await contentDigest(utf8('{}')),
    accept: 'application/json, text/event-stream',
  }
  return { method: 'POST', url, headers }
}
const covered = ['@method', '@target-uri', '@authority', '@path', '@query', 'content-digest', 'accept']

describe.each(['EdDSA', 'ES256'] as const)('with a key for %s', (alg) => {
  test('the other takes what is signed here, and not when it was changed', async () => {
    const key = new ProofKey(alg)
    const request = await plain()
    const message = { ...request, field: fieldsOf(Object.entries(request.headers)) }
    const signer = { alg: names[alg] === 'ed25519' ? 'ed25519' : 'p256', key: key.didKey } as const
    const fields = await signMessage(
      message,
      { ...signer, sign: async (bytes) => key.sign(bytes) },
      {
        components: covered,
        parameters: { created: Math.floor(Date.now() / 1000), keyid: key.didKey, nonce: 'n', tag: 'ambit' },
      },
    )
    const signed = { ...request, headers: { ...request.headers, ...fields } }
    const jwk = { jwk: key.jwk }
    expect(await peerVerifies(signed, jwk, names[alg])).toBe(true)
    const changed = { ...signed, url: `${url}x` }
    await expect(async () => {
      if (!(await peerVerifies(changed, jwk, names[alg]))) throw new Error('refused')
    }).rejects.toThrow()
  })

  test('what the other signs is taken here, and not when it was changed', async () => {
    const peer = createSignaturePeer(names[alg])
    const key = didKeyOf(peer.publicKey)
    const signed = await peer.sign(await plain(), covered, { keyid: key, nonce: 'n', tag: 'ambit' })
    const message = { ...signed, field: fieldsOf(Object.entries(signed.headers)) }
    const [read] = readSignatures(message)
    expect(read!.parameters).toMatchObject({ keyid: key, nonce: 'n', tag: 'ambit' })
    expect(await signatureVerifies(message, read!, key)).toBe(true)
    expect(await signatureVerifies({ ...message, method: 'PUT' }, read!, key)).toBe(false)
    const other = didKeyOf(createSignaturePeer(names[alg]).publicKey)
    expect(await signatureVerifies(message, read!, other)).toBe(false)
  })
})
