import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { RoleName } from '../kernel/route.ts'
import { sessionIdleMs } from './callers.ts'
import { credentialHash, credentialKind, newCredential } from './credential.ts'
import type { IdentityReader, IdentityWriter, PersonRow, TokenRow } from './identity-store.ts'

/** A link is opened at once or asked for again; it often travels by mail or chat. */
const linkLifeMs = 15 * 60 * 1000
/** However much a session is used, a person proves anew who they are after this long. */
export const sessionLifeMs = 30 * 24 * 60 * 60 * 1000
const peopleMax = 1000
const tokensPerPersonMax = 100
const sessionsPerPersonMax = 50
/** Every part that keeps callers in memory empties it when this comes. */
export const revokedSubject = 'identity.revoked'

/** What people do with their access: sign in and out, have people and tokens added, changed and taken away. */
export interface Members {
  /** Uses a one-time link up. Throws `auth.expired` for a link that is used, too old or unknown: all look alike. */
  signIn(
    link: string,
    client: 'console' | 'cli',
  ): Promise<{ readonly session: string; readonly person: PersonRow }>
  /** Ends one session, by its id. */
  signOut(session: string): Promise<void>
  organizationName(id: string): Promise<string>
  people(organization: string): Promise<readonly PersonRow[]>
  addPerson(organization: string, name: string, roles: readonly RoleName[]): Promise<PersonRow>
  /** Throws `input.not-found`, or `identity.last-owner`. No roles takes all access away at once. */
  changePerson(organization: string, id: string, change: PersonChange): Promise<PersonRow>
  /** A new one-time link token for a person; their earlier ones end. */
  createLink(
    organization: string,
    person: string,
  ): Promise<{ readonly token: string; readonly expiresAt: number }>
  tokens(person: string): Promise<readonly TokenRow[]>
  createToken(
    person: string,
    name: string,
    lifeMs: number | undefined,
  ): Promise<TokenRow & { readonly token: string }>
  revokeToken(person: string, id: string): Promise<void>
}

export interface PersonChange {
  readonly name?: string | undefined
  readonly roles?: readonly RoleName[] | undefined
}

export interface MemberParts {
  readonly reader: IdentityReader
  readonly writer: IdentityWriter
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
}

export function createMembers(parts: MemberParts): Members {
  const { reader, writer, bus, clock, ids } = parts
  async function personHere(organization: string, id: string): Promise<PersonRow> {
    const person = await reader.person(id)
    if (person === undefined || person.organization !== organization)
      throw new Fault('input.not-found', { detail: 'there is no such person', where: 'id' })
    return person
  }
  return {
    signIn: async (link, client) => await signIn(parts, link, client),
    async signOut(session) {
      if (await writer.removeSession(session)) bus.publish(revokedSubject, { session })
    },
    organizationName: async (id) => (await reader.organizationName(id)) ?? id,
    people: async (organization) => await reader.people(organization, peopleMax),
    async addPerson(organization, name, roles) {
      if ((await reader.peopleCount(organization)) >= peopleMax)
        throw new Fault('identity.too-many', { detail: `an organisation has at most ${peopleMax} people` })
      const person = { id: namedId(ids, 'p'), organization, name, roles }
      await writer.addPerson(person, clock.now())
      return person
    },
    async changePerson(organization, id, change) {
      const person = await personHere(organization, id)
      const changed = { ...person, name: change.name ?? person.name, roles: change.roles ?? person.roles }
      if (!(await writer.setPerson(changed)))
        throw new Fault('identity.last-owner', { detail: `${person.name} is the last owner`, where: 'roles' })
      bus.publish(revokedSubject, { person: id })
      return changed
    },
    async createLink(organization, id) {
      const person = await personHere(organization, id)
      if (person.roles.length === 0)
        throw new Fault('input.conflict', {
          detail: `${person.name} has no role, so there is nothing to sign in to`,
          where: 'roles',
          remedy: 'Give the person a role first.',
        })
      const token = newCredential('link', clock)
      const expiresAt = clock.now() + linkLifeMs
      await writer.setLink(credentialHash(token), id, expiresAt)
      return { token, expiresAt }
    },
    tokens: async (person) => await reader.tokens(person, tokensPerPersonMax),
    createToken: async (person, name, lifeMs) => await createToken(parts, person, name, lifeMs),
    async revokeToken(person, id) {
      if (!(await writer.removeToken(id, person)))
        throw new Fault('input.not-found', { detail: 'you have no such token', where: 'id' })
      bus.publish(revokedSubject, { token: id })
    },
  }
}

async function signIn(
  { writer, clock, ids }: MemberParts,
  link: string,
  client: 'console' | 'cli',
): Promise<{ session: string; person: PersonRow }> {
  const at = clock.now()
  const session = newCredential('session', clock)
  const person =
    credentialKind(link) === 'link'
      ? await writer.redeemLink(
          credentialHash(link),
          {
            hash: credentialHash(session),
            id: namedId(ids, 's'),
            client,
            at,
            expiresAt: at + sessionLifeMs,
          },
          { countMax: sessionsPerPersonMax, seenSince: at - sessionIdleMs },
        )
      : undefined
  if (person === undefined) {
    throw new Fault('auth.expired', {
      detail: 'the sign-in link was used already, is too old, or is none of this node',
      where: 'token',
      remedy: 'Ask an owner for a new link; each one works once.',
    })
  }
  return { session, person }
}

async function createToken(
  { reader, writer, clock, ids }: MemberParts,
  person: string,
  name: string,
  lifeMs: number | undefined,
): Promise<TokenRow & { token: string }> {
  if ((await reader.tokens(person, tokensPerPersonMax)).length >= tokensPerPersonMax)
    throw new Fault('identity.too-many', { detail: `a person has at most ${tokensPerPersonMax} tokens` })
  const token = newCredential('token', clock)
  const createdAt = clock.now()
  const row: TokenRow = {
    id: namedId(ids, 't'),
    name,
    createdAt,
    expiresAt: lifeMs === undefined ? null : createdAt + lifeMs,
  }
  await writer.addToken({ ...row, hash: credentialHash(token), person })
  return { ...row, token }
}
