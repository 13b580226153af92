import { generateKeyPairSync, sign } from 'node:crypto'

/** DER tags in use (X.690). */
const tags = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  text: 0x0c,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** `ecdsa-with-SHA256` and `id-at-commonName`. */
const ecdsaSha256 = Buffer.from('2a8648ce3d040302', 'hex')
const commonName = Buffer.from('550403', 'hex')

/** A self-signed certificate (RFC 5280, version 1) for a server in a test, good until 2099, and its key; both PEM. */
export function selfSigned(name: string): { readonly cert: string; readonly key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der('sequence', der('oid', ecdsaSha256))
  const subject = der(
    'sequence',
    der('set', der('sequence', der('oid', commonName), der('text', Buffer.from(name)))),
  )
  const validity = der('sequence', time('20200101000000Z'), time('20990101000000Z'))
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const body = der('sequence', der('integer', Buffer.of(1)), algorithm, subject, validity, subject, spki)
  const signature = sign('sha256', body, privateKey)
  const certificate = der('sequence', body, algorithm, der('bits', Buffer.of(0), signature))
  const base64 = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
  }
}

function time(text: string): Buffer {
  return der('time', Buffer.from(text))
}

function der(tag: keyof typeof tags, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const length =
    content.length < 0x80
      ? Buffer.of(content.length)
      : Buffer.of(0x82, content.length >> 8, content.length & 0xff)
  return Buffer.concat([Buffer.of(tags[tag]), length, content])
}
