import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** What of a ceremony is other than it should be; left out, all is well. */
export interface Ceremony {
  /** The page that asks: `http://localhost:7100`. */
  readonly origin: string
  /** Left out: the relying party that the options name. */
  readonly rpId?: string
  readonly challenge?: string
  readonly type?: string
  readonly crossOrigin?: boolean
  /** False: nobody touched it. */
  readonly present?: boolean
  /** False: it did not ask for a finger, a face or a PIN. */
  readonly verified?: boolean
  /** Left out: one more than the last. */
  readonly counter?: number
  /** Signs with a key that nobody registered. */
  readonly otherKey?: boolean
}

/** Options of either ceremony, as a node sends them. */
interface CeremonyOptions {
  readonly challenge: string
  readonly rpId?: string
  readonly rp?: { readonly id: string }
  readonly user?: { readonly id: string }
}

/** An authenticator in software that holds one passkey: a key pair on P-256 (or Ed25519), a counter, and who it is for. */
export interface TestAuthenticator {
  readonly id: string
  /** What `navigator.credentials.create` gives, as JSON. */
  create(options: unknown, ceremony: Ceremony): unknown
  /** What `navigator.credentials.get` gives, as JSON. */
  get(options: unknown, ceremony: Ceremony): unknown
}

const flag = { present: 0x01, verified: 0x04, attested: 0x40 } as const

export function testAuthenticator(alg: 'es256' | 'eddsa' = 'es256', counts = true): TestAuthenticator {
  const pair = keyPair(alg)
  const other = keyPair(alg)
  const id = randomBytes(16)
  let counter = 0
  let userHandle: string | undefined

  function authenticatorData(options: CeremonyOptions, ceremony: Ceremony, attested: Buffer): Buffer {
    const { present = true, verified = true } = ceremony
    counter = ceremony.counter ?? counter + (counts ? 1 : 0)
    const head = Buffer.alloc(5)
    head[0] =
      (present ? flag.present : 0) |
      (verified ? flag.verified : 0) |
      (attested.length > 0 ? flag.attested : 0)
    head.writeUInt32BE(counter, 1)
    const rpId = ceremony.rpId ?? options.rpId ?? options.rp?.id ?? ''
    return Buffer.concat([sha256(Buffer.from(rpId)), head, attested])
  }
  return {
    id: id.toString('base64url'),
    create(given, ceremony) {
      const options = given as CeremonyOptions
      userHandle = options.user?.id
      const cose = coseKey(alg, pair.publicKey)
      const idLength = Buffer.of(0, id.length)
      const attested = Buffer.concat([Buffer.alloc(16), idLength, id, cose])
      return {
        ...envelope(id),
        response: {
          clientDataJSON: clientData('webauthn.create', options, ceremony).toString('base64url'),
          attestationObject: attestation(authenticatorData(options, ceremony, attested)).toString(
            'base64url',
          ),
          transports: ['internal'],
        },
      }
    },
    get(given, ceremony) {
      const options = given as CeremonyOptions
      const client = clientData('webauthn.get', options, ceremony)
      const data = authenticatorData(options, ceremony, Buffer.alloc(0))
      const { privateKey } = ceremony.otherKey === true ? other : pair
      const digest = alg === 'es256' ? 'sha256' : null
      const signature = sign(digest, Buffer.concat([data, sha256(client)]), privateKey)
      return {
        ...envelope(id),
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          ...(userHandle === undefined ? {} : { userHandle }),
        },
      }
    },
  }
}

function envelope(id: Buffer) {
  const text = id.toString('base64url')
  return { id: text, rawId: text, type: 'public-key', clientExtensionResults: {} }
}

function keyPair(alg: 'es256' | 'eddsa') {
  return alg === 'es256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
}

function clientData(type: string, options: CeremonyOptions, ceremony: Ceremony): Buffer {
  const { crossOrigin = false, origin } = ceremony
  const challenge = ceremony.challenge ?? options.challenge
  return Buffer.from(JSON.stringify({ type: ceremony.type ?? type, challenge, origin, crossOrigin }))
}

/** CBOR of `{fmt: "none", attStmt: {}, authData}` (Web Authentication section 6.5.4). */
function attestation(authData: Buffer): Buffer {
  const length = Buffer.of(0x59, authData.length >> 8, authData.length & 0xff)
  return Buffer.concat([
    Buffer.of(0xa3),
    text('fmt'),
    text('none'),
    text('attStmt'),
    Buffer.of(0xa0),
    text('authData'),
    length,
    authData,
  ])
}

/** COSE_Key (RFC 9053 section 7): ES256 on P-256, or EdDSA on Ed25519. */
function coseKey(alg: 'es256' | 'eddsa', key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const coordinate = (value: string) => Buffer.concat([Buffer.of(0x58, 32), Buffer.from(value, 'base64url')])
  if (alg === 'eddsa') return Buffer.concat([Buffer.from('a401010327200621', 'hex'), coordinate(x)])
  return Buffer.concat([
    Buffer.from('a5010203262001', 'hex'),
    Buffer.of(0x21),
    coordinate(x),
    Buffer.of(0x22),
    coordinate(y),
  ])
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(0x60 + value.length), Buffer.from(value)])
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
