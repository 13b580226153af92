import { createHmac } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import type { Signer } from '@ambit/core/signature'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Caller, RoleName } from '../kernel/route.ts'
import type { Store } from '../store/store.ts'
import { createCallers } from './callers.ts'
import { credentialHash, credentialOf } from './credential.ts'
import { createIdentityReader, createIdentityWriter } from './identity-store.ts'
import type { IdentityWriter } from './identity-store.ts'
import { createKeyReader, createKeyWriter } from './key-store.ts'
import { createKeys } from './keys.ts'
import { createMembers } from './members.ts'
import type { Members } from './members.ts'
import { init } from './migrations/001-init.ts'
import { subjectPeriods } from './migrations/002-subject-periods.ts'
import { passkeys as passkeyTables } from './migrations/003-passkeys.ts'
import { closedOrganizations } from './migrations/004-closed-organizations.ts'
import { createOrganizationReader, createOrganizationWriter } from './organization-store.ts'
import { defaultOrganization, openOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'
import { createPasskeyReader, createPasskeyWriter } from './passkey-store.ts'
import { createPasskeys } from './passkeys.ts'
import type { OpenPasskeys, Passkeys } from './passkeys.ts'
import { createRights } from './rights.ts'
import { createSessionReader, createSessionWriter } from './session-store.ts'
import { createSessions, revokedSubject } from './sessions.ts'
import type { Sessions } from './sessions.ts'
import type { SubjectKeys } from './subject-keys.ts'
import { createSubjectReader, createSubjectWriter } from './subject-store.ts'
import { createSubjects } from './subjects.ts'
import type { Subjects } from './subjects.ts'

export type { Members } from './members.ts'
export { defaultOrganization, organizationSubject } from './organizations.ts'
export type { Organizations } from './organizations.ts'
export type { Passkeys } from './passkeys.ts'
export { periodBefore, periodEnd, periodOf, periodPattern } from './period.ts'
export type { Period } from './period.ts'
export { SubjectKeys } from './subject-keys.ts'
export type { Erasure } from './subject-store.ts'
export { erasedSubject } from './subjects.ts'
export type { Subjects } from './subjects.ts'
export { sessionCookieName } from './session-cookie.ts'
export { revokedSubject } from './sessions.ts'

/** People, organisations, their roles, sessions, tokens and keys. */
export interface Identity {
  /** The node's own key: signs rulings. did:key. */
  readonly nodeSigner: Signer
  /** Who a session token (`ambs_…`) or API token (`amba_…`) belongs to. Cached; a revocation empties the cache. */
  callerOf(token: string): Promise<Caller | undefined>
  person(id: string): Promise<Person | undefined>
  /** Whether an organisation is closed: its mandates are refused. From memory, for the path of an act. */
  isClosed(organization: string): boolean
  /** What a person says with a passkey, and nobody else. */
  readonly passkeys: Passkeys
  /** A person's signing key, kept by the node until they bring their own. */
  personSigner(person: string): Promise<Signer>
  /** Makes and keeps a key for a holder that cannot keep one itself; returns its did:key. */
  createHolderKey(organization: string): Promise<string>
  /** So many of them, kept with one commit. */
  createHolderKeys(organization: string, count: number): Promise<readonly string[]>
  /** The kept key of a holder, or undefined when the holder keeps it itself. */
  holderSigner(key: string): Promise<Signer | undefined>
  /** The organisation that the kept key of a holder was made for; undefined when the holder keeps it itself. */
  holderOrganization(key: string): Promise<string | undefined>
  /** Keys of a person's contents and commitments in the period of now; destroyed to erase them. */
  subjectKeys(person: string): Promise<SubjectKeys>
  /** First run only: the one-time link of the owner, else undefined. */
  firstRunToken(): Promise<string | undefined>
}

export interface Person {
  readonly id: string
  readonly name: string
  readonly organization: string
  readonly roles: readonly RoleName[]
}

export interface IdentityParts {
  readonly store: Store
  readonly keyring: Keyring
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
}

/** The identity of a running node, with what its own routes need. */
export interface OpenIdentity extends Identity, AsyncDisposable {
  readonly members: Members
  readonly sessions: Sessions
  readonly organizations: Organizations
  readonly passkeys: OpenPasskeys
  readonly subjects: Subjects
}

/** Brings the tables to their newest form; on the first run makes the organisation `main` and its owner. */
export async function openIdentity(parts: IdentityParts): Promise<OpenIdentity> {
  const { store, keyring, bus, clock } = parts
  await store.migrate({
    domain: 'identity',
    steps: [init, subjectPeriods, passkeyTables, closedOrganizations],
  })
  const reader = createIdentityReader(store)
  const writer = createIdentityWriter(store)
  await makeFirstOwner(parts, writer)
  const keys = createKeys(createKeyReader(store), createKeyWriter(store), keyring, clock)
  const subjectStore = { ...createSubjectReader(store), ...createSubjectWriter(store) }
  const subjects = createSubjects({ store: subjectStore, keyring, bus, clock })
  const access = await openAccess(parts)
  const callers = createCallers(reader, createSessionWriter(store), clock)
  const ends = [
    bus.subscribe(revokedSubject, () => callers.forget()),
    bus.onGap(async () => callers.forget()),
  ]

  async function known(id: string): Promise<Person> {
    const person = await reader.person(id)
    if (person === undefined) throw new Fault('input.not-found', { detail: 'there is no such person' })
    return person
  }
  return {
    nodeSigner: await keys.signer('node', defaultOrganization, defaultOrganization),
    ...access,
    isClosed: (organization) => access.organizations.isClosed(organization),
    callerOf: async (credential) => await callers.callerOf(credential),
    person: async (id) => await reader.person(id),
    async personSigner(id) {
      const person = await known(id)
      return await keys.signer('person', id, person.organization)
    },
    createHolderKey: async (organization) => await keys.createHolder(organization),
    createHolderKeys: async (organization, count) => await keys.createHolders(organization, count),
    holderSigner: async (key) => await keys.holder(key),
    holderOrganization: async (key) => await keys.holderOrganization(key),
    subjects,
    async subjectKeys(id) {
      await known(id)
      return await subjects.current(id)
    },
    async firstRunToken() {
      const owner = await reader.firstLinkPerson()
      return owner === undefined ? undefined : firstLink(keyring, owner)
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) end()
      access.organizations[Symbol.dispose]()
      subjects[Symbol.dispose]()
    },
  }
}

/** Who may come in, and how: people, sessions, passkeys and organisations, with every change of it in the log. */
async function openAccess({ store, keyring, leaves, bus, clock, ids }: IdentityParts) {
  const reader = { ...createIdentityReader(store), ...createOrganizationReader(store) }
  const writer = { ...createIdentityWriter(store), ...createOrganizationWriter(store) }
  const parts = { reader, writer, rights: createRights(leaves, clock), keyring, bus, clock, ids }
  const person = async (id: string) => await reader.person(id)
  const organizations = await openOrganizations(parts)
  const sessions = createSessions({
    ...parts,
    reader: { ...createSessionReader(store), person },
    writer: createSessionWriter(store),
    isClosed: (organization) => organizations.isClosed(organization),
  })
  const passkeyStore = { ...createPasskeyReader(store), ...createPasskeyWriter(store) }
  const passkeys = createPasskeys({ ...parts, store: passkeyStore, person, sessions })
  return { organizations, sessions, passkeys, members: createMembers(parts) }
}

async function makeFirstOwner({ keyring, clock, ids }: IdentityParts, writer: IdentityWriter): Promise<void> {
  const owner = {
    id: namedId(ids, 'p'),
    organization: defaultOrganization,
    name: 'Owner',
    roles: ['owner'] as const,
  }
  // The store may not be asked first: of two nodes that start on an empty store at once, one makes the owner.
  await writer.addOrganization({
    id: defaultOrganization,
    name: 'Main',
    owner,
    link: { hash: credentialHash(firstLink(keyring, owner.id)), expiresAt: null },
    at: clock.now(),
  })
}

/**
 * The owner's first link is computed, not kept: it is the same at every start until it is used, the store holds only
 * its hash, and another store under the same master key has another one.
 */
function firstLink(keyring: Keyring, owner: string): string {
  const secret = createHmac('sha256', keyring.derive('identity.first-link')).update(owner).digest()
  return credentialOf('link', secret)
}
