import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One browser's half of a subscription; reads messages as a browser does. */
export interface BrowserSubscription {
  readonly bytes: { readonly p256dh: Buffer; readonly auth: Buffer }
  /** As the browser gives them to a page. */
  readonly keys: { readonly p256dh: string; readonly auth: string }
  /** Throws when the message is not for this browser. */
  read(body: Buffer): string
}

export function browserSubscription(): BrowserSubscription {
  const ecdh = createECDH('prime256v1')
  const p256dh = ecdh.generateKeys()
  const auth = randomBytes(16)
  const hkdf = (secret: Buffer, salt: Buffer, info: Buffer, bytes: number) =>
    Buffer.from(hkdfSync('sha256', secret, salt, info, bytes))
  return {
    bytes: { p256dh, auth },
    keys: { p256dh: p256dh.toString('base64url'), auth: auth.toString('base64url') },
    read(body) {
      // RFC 8188 section 2.1: salt, size of a record, length of the key's name and the name, which is a key here.
      const salt = body.subarray(0, 16)
      const size = body.readUInt32BE(16)
      const server = body.subarray(21, 21 + body.readUInt8(20))
      const record = body.subarray(21 + server.length)
      if (record.length > size) throw new Error('more than one record')
      const info = Buffer.concat([Buffer.from('WebPush: info\0'), p256dh, server])
      const input = hkdf(ecdh.computeSecret(server), auth, info, 32)
      const key = hkdf(input, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
      const nonce = hkdf(input, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
      const decipher = createDecipheriv('aes-128-gcm', key, nonce)
      decipher.setAuthTag(record.subarray(-16))
      const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
      const end = padded.lastIndexOf(2)
      if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('no delimiter')
      return padded.subarray(0, end).toString('utf8')
    },
  }
}

export interface PushMessage {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** Claims of the token; undefined when its signature does not hold. */
  readonly claims: Readonly<Record<string, unknown>> | undefined
}

/** A push service on a real socket: one path for each subscription. */
export interface PushService extends AsyncDisposable {
  readonly url: string
  /** What came, newest last, whatever was answered. */
  readonly received: PushMessage[]
  /** What it answers from now on; 201 at first. */
  answer(status: number, headers?: Readonly<Record<string, string>>): void
}

export async function startPushService(): Promise<PushService> {
  const received: PushMessage[] = []
  let answer: { status: number; headers: Readonly<Record<string, string>> } = { status: 201, headers: {} }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers, url = '' } = request
      received.push({
        path: url,
        headers,
        body: Buffer.concat(chunks),
        claims: claimsOf(headers.authorization),
      })
      response.writeHead(answer.status, answer.headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer(status, headers = {}) {
      answer = { status, headers }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/** RFC 8292 section 3: the token, and the key it is signed with. */
function claimsOf(authorization = ''): PushMessage['claims'] {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? []
  const point = Buffer.from(key, 'base64url')
  const [head = '', claims = '', signature = ''] = token.split('.')
  if (point.length !== 65) return undefined
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'))
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' })
  const holds = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  return holds
    ? (JSON.parse(Buffer.from(claims, 'base64url').toString()) as PushMessage['claims'])
    : undefined
}
