/* `npx node scripts/webauthn-vectors.ts`: writes vectors/webauthn, with new keys and signatures each time. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { base64urlBytes } from '@ambit/core/bytes'
import { canonicalJson } from '@ambit/core/canonical'
import { didKeyOfCose } from '@ambit/core/cose-key'
import type { WebauthnSignature } from '@ambit/core/webauthn'
import { testAuthenticator } from '@ambit/testkit/authenticator'
import type { Ceremony } from '@ambit/testkit/authenticator'

const origin = 'https://ambit.example'
const body = { approval: 'a_1', card: `sha256:${'0'.repeat(64)}`, decision: 'approve', words: '批准' }
const challenge = createHash('sha256').update(canonicalJson(body)).digest('base64url')

/** An envelope over the body, by a ceremony with one thing other than it should be. */
function envelope(alg: 'es256' | 'eddsa', ceremony: Partial<Ceremony> = {}): WebauthnSignature {
  const authenticator = testAuthenticator(alg)
  const options = { challenge, rpId: 'ambit.example' }
  const made = authenticator.create(options, { origin }) as { response: { attestationObject: string } }
  const { response } = authenticator.get(options, { origin, ...ceremony }) as {
    response: Record<'clientDataJSON' | 'authenticatorData' | 'signature', string>
  }
  return {
    alg: 'webauthn',
    key: keyOf(made.response.attestationObject),
    authenticatorData: response.authenticatorData,
    clientData: response.clientDataJSON,
    value: response.signature,
  }
}

/** The key stands last in the attestation that the authenticator makes: 77 bytes for P-256, 42 for Ed25519. */
function keyOf(attestation: string): string {
  const bytes = base64urlBytes(attestation)
  for (const length of [77, 42]) {
    const cose = bytes.slice(-length)
    const key = cose[0]! >> 5 === 5 ? didKeyOfCose(cose) : undefined
    if (key !== undefined) return key
  }
  throw new Error('an attestation without a key')
}

const es256 = envelope('es256')
const bytes = (text: string) => Buffer.from(text, 'base64url')

/** The same with one byte of a member turned over. */
function turned(member: 'authenticatorData' | 'clientData' | 'value', at: number): WebauthnSignature {
  const changed = bytes(es256[member])
  changed[changed.length + at]! ^= 1
  return { ...es256, [member]: changed.toString('base64url') }
}

function longer(member: 'authenticatorData' | 'value'): WebauthnSignature {
  return { ...es256, [member]: Buffer.concat([bytes(es256[member]), Buffer.of(0)]).toString('base64url') }
}

const vectors = {
  body,
  challenge,
  valid: [
    { name: 'ES256', origin, counter: 2, signature: es256 },
    { name: 'EdDSA', origin, counter: 2, signature: envelope('eddsa') },
    { name: 'does not count', origin, counter: 0, signature: envelope('es256', { counter: 0 }) },
    {
      name: 'localhost over http',
      origin: 'http://localhost:7100',
      counter: 2,
      signature: envelope('es256', { origin: 'http://localhost:7100', rpId: 'localhost' }),
    },
  ],
  invalid: [
    { name: 'nobody was there', signature: envelope('es256', { present: false }) },
    { name: 'nobody was verified', signature: envelope('es256', { verified: false }) },
    { name: 'another challenge', signature: envelope('es256', { challenge: 'A'.repeat(43) }) },
    { name: 'made to add a passkey', signature: envelope('es256', { type: 'webauthn.create' }) },
    { name: 'inside a page of somebody else', signature: envelope('es256', { crossOrigin: true }) },
    { name: 'the relying party is not the host', signature: envelope('es256', { rpId: 'example' }) },
    {
      name: 'the page is not of the relying party',
      signature: envelope('es256', { origin: 'https://evil.example' }),
    },
    { name: 'an origin that is none', signature: envelope('es256', { origin: 'null' }) },
    { name: 'a key that did not sign', signature: { ...es256, key: envelope('es256').key } },
    { name: 'a key of another kind', signature: { ...es256, key: envelope('eddsa').key } },
    { name: 'no key', signature: { ...es256, key: 'did:key:z1' } },
    { name: 'the signature changed', signature: turned('value', -1) },
    { name: 'the authenticator data changed', signature: turned('authenticatorData', -1) },
    { name: 'the client data changed', signature: turned('clientData', -3) },
    { name: 'a byte behind the signature', signature: longer('value') },
    { name: 'a byte behind the authenticator data', signature: longer('authenticatorData') },
    {
      name: 'the signature is not DER',
      signature: { ...es256, value: Buffer.alloc(64, 1).toString('base64url') },
    },
    { name: 'no signature', signature: { ...es256, value: '' } },
    { name: 'no authenticator data', signature: { ...es256, authenticatorData: '' } },
    { name: 'client data that is not JSON', signature: { ...es256, clientData: 'AAAA' } },
    { name: 'client data with padding', signature: { ...es256, clientData: `${es256.clientData}=` } },
  ],
}

writeFileSync(
  new URL('../vectors/webauthn/assertions.json', import.meta.url),
  `${JSON.stringify(vectors, undefined, 2)}\n`,
)
