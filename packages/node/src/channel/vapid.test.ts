import { createHmac, verify } from 'node:crypto'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createPublicKey } from 'node:crypto'
import { createKeyring } from '../kernel/keyring.ts'
import { isPublicKey } from './push-encryption.ts'
import { createVapid } from './vapid.ts'
import { secretText, webhookHeaders } from './webhook-signature.ts'

test('a push service knows the node by a token that it signs, for that service and some hours', () => {
  const clock = handClock()
  const keyring = createKeyring(Buffer.alloc(32, 7), clock)
  const vapid = createVapid(keyring, () => 'mailto:ops@example.com')
  const point = Buffer.from(vapid.publicKey, 'base64url')
  expect(isPublicKey(point)).toBe(true)
  // The same on every replica; another one under another master key.
  expect(createVapid(keyring, () => '').publicKey).toBe(vapid.publicKey)
  expect(createVapid(createKeyring(Buffer.alloc(32, 8), clock), () => '').publicKey).not.toBe(vapid.publicKey)
  const header = vapid.authorization('https://push.example.com', clock.now())
  const [, token = '', key] = /^vapid t=([\w-]+\.[\w-]+\.[\w-]+), k=([\w-]+)$/.exec(header) ?? []
  expect(key).toBe(vapid.publicKey)
  const [head = '', claims = '', signature = ''] = token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown
  expect(read(head)).toEqual({ typ: 'JWT', alg: 'ES256' })
  const exp = clock.now() / 1000 + 12 * 3600
  expect(read(claims)).toEqual({ aud: 'https://push.example.com', exp, sub: 'mailto:ops@example.com' })
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'))
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' })
  const signed = Buffer.from(`${head}.${claims}`)
  const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  expect(verify('sha256', signed, options, Buffer.from(signature, 'base64url'))).toBe(true)
})

test('a webhook is signed as Standard Webhooks has it', () => {
  // The example of its specification.
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' }
  const headers = webhookHeaders(secret, message, 1_614_265_330_000)
  expect(headers).toEqual([
    'webhook-id',
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp',
    '1614265330',
    'webhook-signature',
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  ])
  expect(secretText(secret)).toBe('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  const mac = createHmac('sha256', secret).update(`${message.id}.1614265330.${message.body}`).digest('base64')
  expect(headers.at(-1)).toBe(`v1,${mac}`)
})
