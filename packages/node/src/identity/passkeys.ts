import { Fault } from '@ambit/core/fault'
import { passkeyAlgorithms } from '@ambit/core/cose-key'
import type { WebauthnSignature } from '@ambit/core/webauthn'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { PersonRow } from './identity-store.ts'
import { challengeOf, readAssertion, readAttestation } from './passkey-ceremony.ts'
import { verifyAssertion, verifyAttestation } from './passkey-ceremony.ts'
import { challengeLifeMs, createChallenges } from './passkey-challenge.ts'
import type { ChallengeUse } from './passkey-challenge.ts'
import type { PasskeyReader, PasskeyRow, PasskeyWriter } from './passkey-store.ts'
import { relyingParty } from './relying-party.ts'
import type { Rights } from './rights.ts'
import type { Sessions } from './sessions.ts'

const passkeysPerPersonMax = 20

/** What other rooms ask of passkeys: that a person, and nobody who found their session, says this very thing. */
export interface Passkeys {
  /** Whether the person has any. */
  has(person: string): Promise<boolean>
  /**
   * Options for `navigator.credentials.get`, as JSON. The challenge is the SHA-256 of what is to be signed; the address
   * is the origin of the request. Throws `passkey.unknown` when the person has none for that address, `passkey.origin`.
   */
  options(person: string, challenge: Uint8Array, address: string): Promise<Readonly<Record<string, unknown>>>
  /**
   * The id of the passkey, and what it said in the form that `signatureHolds` of core checks. Throws `passkey.unknown`,
   * `passkey.challenge`, `passkey.origin`, `passkey.not-verified` or `passkey.counter`.
   */
  verify(
    person: string,
    challenge: Uint8Array,
    address: string,
    response: unknown,
  ): Promise<{ readonly credential: string; readonly envelope: WebauthnSignature }>
}

/** Passkeys of people: added, listed, renamed, removed, and used to sign in. */
export interface OpenPasskeys extends Passkeys {
  list(person: string): Promise<readonly PasskeyRow[]>
  /** Options for `navigator.credentials.create`. Throws `passkey.old-session`, `passkey.origin`, `identity.too-many`. */
  addOptions(adding: Adding): Promise<Readonly<Record<string, unknown>>>
  add(adding: Adding, name: string, response: unknown): Promise<PasskeyRow>
  rename(person: PersonRow, id: string, name: string): Promise<void>
  /** How many are left. */
  remove(person: PersonRow, id: string): Promise<number>
  signInOptions(address: string): Promise<Readonly<Record<string, unknown>>>
  /** Opens a session for whoever the passkey belongs to. */
  signIn(
    address: string,
    response: unknown,
    client: 'console' | 'cli',
  ): Promise<{ readonly session: string; readonly person: PersonRow }>
}

export interface Adding {
  readonly person: PersonRow
  /** Id of the session that the request came with. */
  readonly session: string | undefined
  readonly address: string
}

export interface PasskeyParts {
  readonly store: PasskeyReader & PasskeyWriter
  readonly person: (id: string) => Promise<PersonRow | undefined>
  readonly sessions: Pick<Sessions, 'isFresh' | 'open'>
  readonly rights: Rights
  readonly keyring: Keyring
  readonly clock: Clock
  readonly ids: Ids
}

export function createPasskeys(parts: PasskeyParts): OpenPasskeys {
  const { store, rights } = parts
  const ofPerson = async (person: string) => await store.ofPerson(person, passkeysPerPersonMax)
  return {
    has: async (person) => (await store.ofPerson(person, 1)).length > 0,
    async options(person, challenge, address) {
      const party = relyingParty(address)
      const rows = (await ofPerson(person)).filter(({ rpId }) => rpId === party.id)
      if (rows.length === 0) throw unknown()
      return { ...requestOptions(party.id, challenge), allowCredentials: rows.map(descriptorOf) }
    },
    verify: async (person, challenge, address, response) =>
      await verify(parts, person, challenge, address, response),
    list: ofPerson,
    addOptions: async (adding) => await addOptions(parts, adding),
    add: async (adding, name, response) => await add(parts, adding, name, response),
    async rename({ id: person }, id, name) {
      if (!(await store.rename(id, person, name))) throw unknown()
    },
    async remove(person, id) {
      if (!(await store.remove(id, person.id))) throw unknown()
      await rights.record('passkey-removed', person, { by: person.id, credential: id })
      return (await ofPerson(person.id)).length
    },
    async signInOptions(address) {
      const { id } = relyingParty(address)
      return { ...requestOptions(id, challengesOf(parts).make(signInUse(id))), allowCredentials: [] }
    },
    signIn: async (address, response, client) => await signIn(parts, address, response, client),
  }
}

async function addOptions(parts: PasskeyParts, { person, session, address }: Adding) {
  const party = relyingParty(address)
  await refuseOldSession(parts, session)
  const rows = await parts.store.ofPerson(person.id, passkeysPerPersonMax)
  if (rows.length >= passkeysPerPersonMax)
    throw new Fault('identity.too-many', { detail: `a person has at most ${passkeysPerPersonMax} passkeys` })
  return {
    rp: { id: party.id, name: 'Ambit' },
    user: { id: userHandle(person.id), name: person.name, displayName: person.name },
    challenge: challengesOf(parts).make(addUse(person.id, party.id)).toString('base64url'),
    pubKeyCredParams: Object.values(passkeyAlgorithms).map((alg) => ({ alg, type: 'public-key' })),
    timeout: challengeLifeMs,
    excludeCredentials: rows.filter(({ rpId }) => rpId === party.id).map(descriptorOf),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    attestation: 'none',
  }
}

async function add(
  parts: PasskeyParts,
  { person, session, address }: Adding,
  name: string,
  given: unknown,
): Promise<PasskeyRow> {
  const party = relyingParty(address)
  await refuseOldSession(parts, session)
  const response = readAttestation(given)
  const challenge = challengeOf(response.response.clientDataJSON, party)
  await useUp(parts, challenge, addUse(person.id, party.id))
  const verified = await verifyAttestation(party, challenge, response)
  const row: PasskeyRow = {
    ...verified,
    id: namedId(parts.ids, 'pk'),
    person: person.id,
    name,
    createdAt: parts.clock.now(),
    usedAt: null,
  }
  if (!(await parts.store.add(row)))
    throw new Fault('input.conflict', { detail: 'this passkey is here already', where: 'response' })
  try {
    await parts.rights.record('passkey-added', person, { by: person.id, credential: row.id })
  } catch (error) {
    // The device can use it already: what is not in the log must not stay.
    await parts.store.remove(row.id, person.id)
    throw error
  }
  return row
}

async function verify(
  parts: PasskeyParts,
  person: string,
  challenge: Uint8Array,
  address: string,
  given: unknown,
): Promise<{ credential: string; envelope: WebauthnSignature }> {
  const party = relyingParty(address)
  const response = readAssertion(given)
  const row = await parts.store.byCredential(response.id)
  if (row === undefined || row.person !== person) throw unknown()
  const asked = Buffer.from(challenge).toString('base64url')
  if (challengeOf(response.response.clientDataJSON, party) !== asked)
    throw new Fault('passkey.challenge', { detail: 'it signed something else', where: 'response' })
  const { envelope, counter } = await verifyAssertion(row, party, asked, response)
  await count(parts, row, counter)
  return { credential: row.id, envelope }
}

async function signIn(
  parts: PasskeyParts,
  address: string,
  given: unknown,
  client: 'console' | 'cli',
): Promise<{ session: string; person: PersonRow }> {
  const party = relyingParty(address)
  const response = readAssertion(given)
  const challenge = challengeOf(response.response.clientDataJSON, party)
  const row = await parts.store.byCredential(response.id)
  const person = row && (await parts.person(row.person))
  if (row === undefined || person === undefined) throw unknown()
  const { counter } = await verifyAssertion(row, party, challenge, response)
  const { userHandle: handle } = response.response
  if (typeof handle === 'string' && handle !== userHandle(person.id)) throw unknown()
  await useUp(parts, challenge, signInUse(party.id))
  await count(parts, row, counter)
  return { session: await parts.sessions.open(person, client), person }
}

async function count({ store, clock }: PasskeyParts, row: PasskeyRow, counter: number): Promise<void> {
  if (await store.use(row.id, counter, clock.now())) return
  throw new Fault('passkey.counter', {
    detail: `it said ${counter}, and ${row.counter} or more before`,
    where: 'response',
  })
}

/** Whoever finds a session open must not be able to make it their own for good. */
async function refuseOldSession({ sessions }: PasskeyParts, session: string | undefined): Promise<void> {
  if (session !== undefined && (await sessions.isFresh(session))) return
  throw new Fault('passkey.old-session', { detail: 'this session is older than ten minutes' })
}

async function useUp(parts: PasskeyParts, challenge: string, use: ChallengeUse): Promise<void> {
  const made = challengesOf(parts).check(challenge, use)
  const now = parts.clock.now()
  if (made !== undefined && (await parts.store.answer(made.name, made.expiresAt, now))) return
  throw new Fault('passkey.challenge', {
    detail: 'the question is used up, too old, or none of this node',
    where: 'response',
  })
}

function challengesOf({ keyring, clock }: PasskeyParts) {
  return createChallenges(keyring, clock)
}

function addUse(person: string, rpId: string): ChallengeUse {
  return { what: 'add', person, rpId }
}

function signInUse(rpId: string): ChallengeUse {
  return { what: 'sign-in', person: '', rpId }
}

function requestOptions(rpId: string, challenge: Uint8Array) {
  return {
    rpId,
    challenge: Buffer.from(challenge).toString('base64url'),
    timeout: challengeLifeMs,
    userVerification: 'required',
  }
}

function descriptorOf({ credential, transports }: PasskeyRow) {
  return { id: credential, type: 'public-key', transports: [...transports] }
}

/** What an authenticator keeps of whose passkey it is: an id, never a name. */
function userHandle(person: string): string {
  return Buffer.from(person).toString('base64url')
}

function unknown(): Fault {
  return new Fault('passkey.unknown', { detail: 'there is no such passkey', where: 'id' })
}
