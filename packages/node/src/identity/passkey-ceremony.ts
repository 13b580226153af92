import { Fault } from '@ambit/core/fault'
import { publicKeyOf } from '@ambit/core/public-key'
import { didKeyOfCose, passkeyAlgorithms } from '@ambit/core/cose-key'
import { assertionOf } from '@ambit/core/webauthn'
import type { WebauthnSignature } from '@ambit/core/webauthn'
import { z } from 'zod'
import type { PasskeyRow } from './passkey-store.ts'
import type { RelyingParty } from './relying-party.ts'

const base64url = (charactersMax: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(charactersMax)
/** Credential ids have 1,023 bytes at most (W3C Web Authentication section 5.1.3). */
const credentialId = base64url(1364)
const clientData = base64url(2800)

const assertionSchema = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: clientData,
    authenticatorData: base64url(1400),
    signature: base64url(200),
    userHandle: z.string().max(100).nullish(),
  }),
})
/** What `navigator.credentials.get` gave, as JSON. */
export type AssertionResponse = z.output<typeof assertionSchema>

const attestationSchema = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: clientData,
    attestationObject: base64url(40_000),
    transports: z.array(z.string().max(40)).max(10).default([]),
  }),
})
/** What `navigator.credentials.create` gave, as JSON. */
export type AttestationResponse = z.output<typeof attestationSchema>

/** Throws `passkey.not-verified`. */
export function readAssertion(response: unknown): AssertionResponse {
  return read(assertionSchema, response)
}

/** Throws `passkey.not-verified`. */
export function readAttestation(response: unknown): AttestationResponse {
  return read(attestationSchema, response)
}

/** The challenge that the browser says it was asked. Throws `passkey.origin` when it was another page that asked. */
export function challengeOf(clientDataText: string, party: RelyingParty): string {
  const schema = z.looseObject({ challenge: z.string().max(200), origin: z.string().max(300) })
  const said = read(schema, parsed(clientDataText))
  if (said.origin !== party.origin)
    throw new Fault('passkey.origin', { detail: `the passkey answered another page than ${party.origin}` })
  return said.challenge
}

/** What a new passkey is kept as. Throws `passkey.not-verified`. */
export async function verifyAttestation(
  party: RelyingParty,
  challenge: string,
  response: AttestationResponse,
): Promise<Pick<PasskeyRow, 'credential' | 'key' | 'cose' | 'counter' | 'rpId' | 'transports'>> {
  const { verifyRegistrationResponse } = await library()
  const { registrationInfo } = await judged(async () =>
    verifyRegistrationResponse({
      response: { ...response, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: Object.values(passkeyAlgorithms),
    }),
  )
  const { id, publicKey, counter } = registrationInfo?.credential ?? refuse('the attestation does not hold')
  const key = await judged(async () => {
    const did = didKeyOfCose(publicKey)
    return did === undefined || (await publicKeyOf(did)) === undefined ? undefined : did
  })
  if (key === undefined) refuse('its key is neither ES256 nor EdDSA')
  const { transports } = response.response
  return { credential: id, key, cose: publicKey, counter, rpId: party.id, transports }
}

/** What the passkey said, in the form that is kept and checked by others. Throws `passkey.not-verified`. */
export async function verifyAssertion(
  row: PasskeyRow,
  party: RelyingParty,
  challenge: string,
  response: AssertionResponse,
): Promise<{ readonly envelope: WebauthnSignature; readonly counter: number }> {
  const { verifyAuthenticationResponse } = await library()
  const { verified } = await judged(async () =>
    verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: {} } as never,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      // Below every count: counting backwards is the store's to see, where two answers at once are one after the other.
      credential: { id: row.credential, publicKey: Uint8Array.from(row.cose), counter: -1 },
    }),
  )
  const { clientDataJSON, authenticatorData, signature: value } = response.response
  const envelope = {
    alg: 'webauthn',
    key: row.key,
    authenticatorData,
    clientData: clientDataJSON,
    value,
  } as const
  // What is kept as proof must hold for those who check it later without this node.
  const said = verified ? await assertionOf(Buffer.from(challenge, 'base64url'), envelope) : undefined
  if (said === undefined) refuse('its signature does not hold')
  return { envelope, counter: said.counter }
}

/** A quarter of a second to load, and most starts need it never. */
async function library() {
  return await import('@simplewebauthn/server')
}

/** Whatever the library refuses came from a browser: its words are for the log, not for the answer. */
async function judged<Result>(judge: () => Promise<Result>): Promise<Result> {
  try {
    return await judge()
  } catch (error) {
    throw new Fault('passkey.not-verified', {
      detail: 'what the passkey or the browser sent does not hold',
      where: 'response',
      cause: error,
    })
  }
}

function refuse(detail: string): never {
  throw new Fault('passkey.not-verified', { detail, where: 'response' })
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value)
  return result.success ? result.data : refuse('it is not in the form that browsers give')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}
