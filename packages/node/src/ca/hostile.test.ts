import { generateKeyPairSync } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { certificateRequest } from '@ambit/testkit/certificate-request'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJwk, readJws } from './acme-jws.ts'
import { readRequest, refuseOtherNames } from './request.ts'
import { readList } from './revocation-lists.ts'
import { readCertificate } from './x509.ts'

/*
 * Whatever is sent is read or refused by name; nothing else comes of it.
 */

const aic = '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'

/** The code of the fault that it ends with. */
function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
}

const places = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })

test('a certificate request with changed bytes is refused by name, or is the one that was signed', async () => {
  const { der } = await certificateRequest(aic)
  const key = readRequest(der).publicKey
  fc.assert(
    fc.property(places, fc.integer({ min: 0, max: 40 }), (changes, cut) => {
      const bytes = der.slice(0, cut < 3 ? der.length - cut : der.length)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      const code = codeOf(() => {
        const request = readRequest(bytes)
        refuseOtherNames(request, aic)
        expect(request.publicKey.equals(key)).toBe(true)
        expect(request.names).toEqual([aic])
      })
      expect([undefined, 'ca.request', 'ca.key', 'ca.name']).toContain(code)
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(codeOf(() => readRequest(bytes))).toBe('ca.request')
    }),
    { numRuns: 500 },
  )
  expect(codeOf(() => readRequest(new Uint8Array(20_000)))).toBe('ca.request')
})

test('a signed request of any form is read or refused by name', () => {
  const member = fc.oneof(fc.string(), fc.base64String(), fc.json(), fc.integer(), fc.constant(null))
  const jws = fc.record(
    { protected: member, payload: member, signature: member, header: member },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(jws, fc.jsonValue()), (value) => {
      expect([undefined, 'acme.malformed']).toContain(codeOf(() => readJws(value)))
    }),
    { numRuns: 1000 },
  )
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const good = publicKey.export({ format: 'jwk' })
  const names = ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'k'] as const
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), member), (changes) => {
      const code = codeOf(() => readJwk({ ...good, ...changes }))
      expect([undefined, 'acme.malformed', 'acme.algorithm']).toContain(code)
      expect(codeOf(() => readJwk(changes))).toMatch(/^acme\./)
    }),
    { numRuns: 500 },
  )
})

test('keys of RSA with a public exponent of 1, of an even one or of a very long one are none', () => {
  const n = Buffer.alloc(256, 0xa5).fill(0xc1, 0, 1).toString('base64url')
  const key = (e: Uint8Array) =>
    codeOf(() => readJwk({ kty: 'RSA', n, e: Buffer.from(e).toString('base64url') }))
  expect(key(Uint8Array.of(1, 0, 1))).toBe(undefined)
  for (const e of [
    Uint8Array.of(1),
    Uint8Array.of(3),
    Uint8Array.of(1, 0, 0, 2),
    new Uint8Array(200).fill(0xff),
  ])
    expect(key(e)).toMatch(/^acme\./)
})

test('lists and certificates of others end with a SyntaxError at worst', () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(() => readList(bytes, Buffer.of(), publicKey, 0)).toThrow(SyntaxError)
      expect(() => readCertificate(bytes)).toThrow(SyntaxError)
    }),
    { numRuns: 500 },
  )
})
