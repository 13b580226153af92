import { ProofKey } from '@ambit/testkit/proof'
import { handClock } from '@ambit/testkit/clock'
import { describe, expect, test } from 'vitest'
import { createProofs } from './dpop.ts'
import type { Proven } from './dpop.ts'

const url = 'https://node.example/mcp'
const request: Proven = { method: 'POST', urls: [url], token: 'ambm_a' }

function open() {
  const clock = handClock()
  const read = createProofs(clock)
  const iat = () => Math.floor(clock.now() / 1000)
  const make = (key: ProofKey, payload: object = {}, header: object = {}) =>
    key.proof('POST', url, { token: 'ambm_a', header, payload: { iat: iat(), ...payload } })
  return { clock, read, make, iat }
}

describe.each(['EdDSA', 'ES256'] as const)('a proof by %s', (alg) => {
  test('names its key, and counts once', () => {
    const { read, make } = open()
    const key = new ProofKey(alg)
    const proof = make(key)
    const reading = read(proof, request)
    if (!reading.ok) throw new Error(reading.detail)
    expect(reading.didKey).toBe(key.didKey)
    expect(reading.use()).toBe(true)
    const again = read(proof, request)
    expect(again.ok && again.use()).toBe(false)
    const other = read(make(key), request)
    expect(other.ok && other.use()).toBe(true)
  })

  test('is refused for anything but this request, now', () => {
    const { read, make, clock, iat } = open()
    const key = new ProofKey(alg)
    const whys = [
      make(key, { htm: 'GET' }),
      make(key, { htu: 'https://node.example/other' }),
      make(key, { htu: 'https://evil.example/mcp' }),
      make(key, { iat: iat() - 61 }),
      make(key, { iat: iat() + 62 }),
      make(key, { ath: undefined }),
      make(key, { jti: '' }),
      make(key, {}, { typ: 'JWT' }),
      make(key, {}, { alg: 'HS256' }),
      make(key, {}, { alg: alg === 'EdDSA' ? 'ES256' : 'EdDSA' }),
      make(key, {}, { jwk: { ...new ProofKey(alg).jwk } }),
      make(key, {}, { jwk: { ...key.jwk, d: 'AAAA' } }),
      `${make(key)}.x`,
      'x'.repeat(5000),
      '',
    ].map((proof) => read(proof, request).ok)
    expect(whys).toEqual(whys.map(() => false))
    expect(read(undefined, request).ok).toBe(false)
    expect(read([make(key), make(key)], request).ok).toBe(false)
    const good = make(key)
    clock.advance(61_000)
    expect(read(good, request).ok).toBe(false)
  })

  test('is remembered as long as it could be used', () => {
    const { read, make, clock, iat } = open()
    const key = new ProofKey(alg)
    const early = make(key, { iat: iat() + 59 })
    const first = read(early, request)
    expect(first.ok && first.use()).toBe(true)
    clock.advance(118_000)
    const later = read(early, request)
    expect(later.ok && later.use()).toBe(false)
  })
})
