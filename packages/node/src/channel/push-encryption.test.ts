import { randomBytes } from 'node:crypto'
import { browserSubscription } from '@ambit/testkit/push-service'
import { expect, test } from 'vitest'
import { encryptPush, isPublicKey, plaintextBytesMax } from './push-encryption.ts'

const bytes = (text: string) => Buffer.from(text, 'base64url')

/* RFC 8291, Appendix A and section 5. */
const example = {
  plaintext: 'When I grow up, I want to be a watermelon',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  privateKey: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  body:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_' +
    'yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
}

function exampleKeys() {
  return { p256dh: bytes(example.p256dh), auth: bytes(example.auth) }
}

test('encrypts as the example of RFC 8291 does', () => {
  const chance = { salt: bytes(example.salt), privateKey: bytes(example.privateKey) }
  const body = encryptPush(Buffer.from(example.plaintext), exampleKeys(), chance)
  expect(body.toString('base64url')).toBe(example.body)
})

test('a browser reads what was encrypted for it, and no other one does', () => {
  const [own, other] = [browserSubscription(), browserSubscription()]
  for (const text of ['', 'short', 'x'.repeat(plaintextBytesMax)]) {
    const chance = { salt: randomBytes(16), privateKey: randomBytes(32) }
    const body = encryptPush(Buffer.from(text), own.bytes, chance)
    expect(body.length).toBeLessThanOrEqual(4096)
    expect(own.read(body)).toBe(text)
    expect(() => other.read(body)).toThrow()
  }
  const chance = { salt: randomBytes(16), privateKey: randomBytes(32) }
  expect(() => encryptPush(Buffer.alloc(plaintextBytesMax + 1), own.bytes, chance)).toThrow(/too long/)
})

test('tells a key of a browser from what is none', () => {
  expect(isPublicKey(exampleKeys().p256dh)).toBe(true)
  const off = exampleKeys().p256dh
  off[64]! ^= 1
  for (const bad of [
    off,
    Buffer.alloc(65),
    Buffer.alloc(0),
    exampleKeys().p256dh.subarray(1),
    Buffer.alloc(65, 4),
  ])
    expect(isPublicKey(bad)).toBe(false)
})
