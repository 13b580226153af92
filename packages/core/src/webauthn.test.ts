import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { base64url, base64urlBytes, utf8 } from './bytes.ts'
import { canonicalJson } from './canonical.ts'
import { didKeyOfCose } from './cose-key.ts'
import { sha256 } from './digest.ts'
import { keyBytes } from './id/did-key.ts'
import { signatureHolds, signatureSchema } from './signature.ts'
import { assertionOf, assertionOver, webauthnSignatureSchema } from './webauthn.ts'
import type { WebauthnSignature } from './webauthn.ts'

interface Vectors {
  readonly body: unknown
  readonly challenge: string
  readonly valid: readonly {
    readonly name: string
    readonly origin: string
    readonly counter: number
    readonly signature: WebauthnSignature
  }[]
  readonly invalid: readonly { readonly name: string; readonly signature: WebauthnSignature }[]
}
const file = new URL('../../../vectors/webauthn/assertions.json', import.meta.url)
const { body, challenge, valid, invalid } = JSON.parse(readFileSync(file, 'utf8')) as Vectors
const bytes = utf8(canonicalJson(body))

test('the challenge is the SHA-256 of the canonical form', async () => {
  expect(base64url(await sha256(bytes))).toBe(challenge)
})

test.each(valid)('takes $name', async ({ origin, counter, signature }) => {
  expect(signatureSchema.parse(signature)).toEqual(signature)
  expect(await assertionOver(bytes, signature)).toEqual({ challenge, origin, counter })
  expect(await assertionOf(base64urlBytes(challenge), signature)).toEqual({ challenge, origin, counter })
  expect(await signatureHolds({ body, signature })).toBe(true)
  expect(await signatureHolds({ body: { ...(body as object), more: 1 }, signature })).toBe(false)
})

test.each(invalid)('refuses: $name', async ({ signature }) => {
  expect(await signatureHolds({ body, signature })).toBe(false)
})

test('the envelope of a plain key is none of a passkey, and the other way round', async () => {
  const { key, value } = valid[0]!.signature
  expect(await signatureHolds({ body, signature: { alg: 'p256', key, value } })).toBe(false)
  expect(signatureSchema.safeParse({ alg: 'webauthn', key, value }).success).toBe(false)
  expect(signatureSchema.safeParse({ ...valid[0]!.signature, alg: 'p256' }).success).toBe(false)
  expect(webauthnSignatureSchema.safeParse({ ...valid[0]!.signature, more: 1 }).success).toBe(false)
})

test('any cut of any member is refused and throws nothing', async () => {
  const { signature } = valid[0]!
  for (const member of ['authenticatorData', 'clientData', 'value'] as const) {
    for (let length = 0; length < signature[member].length; length += 3) {
      const cut = { ...signature, [member]: signature[member].slice(0, length) }
      expect(await assertionOver(bytes, cut), `${member} ${length}`).toBeUndefined()
    }
  }
})

test('knows the keys of ES256 and EdDSA, and no others', () => {
  const x = '01'.repeat(32)
  const y = '03'.repeat(32)
  expect(keyBytes(didKeyOfCose(cose(`a5010203262001215820${x}225820${y}`)) ?? '')).toMatchObject({
    alg: 'p256',
    bytes: Uint8Array.of(3, ...Array<number>(32).fill(1)),
  })
  expect(keyBytes(didKeyOfCose(cose(`a4010103272006215820${x}`)) ?? '')).toMatchObject({ alg: 'ed25519' })
  const others = {
    ES384: `a5010203382220022158 20${x}225820${y}`.replace(' ', ''),
    'another curve': `a5010203262002215820${x}225820${y}`,
    'a short x': `a501020326200121581f${'01'.repeat(31)}225820${y}`,
    'no y': `a401020326200121 5820${x}`.replace(' ', ''),
    'a number': '07',
  }
  for (const [name, text] of Object.entries(others)) expect(didKeyOfCose(cose(text)), name).toBeUndefined()
})

function cose(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
