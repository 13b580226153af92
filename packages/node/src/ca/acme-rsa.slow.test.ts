import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { proveJws, readJwk, readJws } from './acme-jws.ts'

const text64 = (text: string) => Buffer.from(text).toString('base64url')

test('requests signed with RSA of every size of hash hold, and those of keys that are too small do not', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { key } = readJwk(publicKey.export({ format: 'jwk' }))
  for (const [alg, digest] of [
    ['RS256', 'sha256'],
    ['RS384', 'sha384'],
    ['RS512', 'sha512'],
  ] as const) {
    const head = text64(JSON.stringify({ alg }))
    const signature = sign(digest, Buffer.from(`${head}.e30`), privateKey).toString('base64url')
    const read = (payload: string) => readJws({ protected: head, payload, signature })
    expect(() => proveJws(read('e30'), key)).not.toThrow()
    expect(() => proveJws(read('W10'), key)).toThrow('acme.signature')
  }
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  expect(() => readJwk(small.export({ format: 'jwk' }))).toThrow('acme.algorithm')
})
