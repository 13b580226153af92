import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { RoleName } from '../kernel/route.ts'
import { credentialHash, newCredential } from './credential.ts'
import type { IdentityReader, IdentityWriter, PersonRow, TokenRow } from './identity-store.ts'
import type { Rights } from './rights.ts'
import { revokedSubject } from './sessions.ts'

/** A link is opened at once or asked for again; it often travels by mail or chat. */
export const linkLifeMs = 15 * 60 * 1000
const peopleMax = 1000
const tokensPerPersonMax = 100

/** The people of an organisation and their API tokens: added, changed and taken away. `by` is the person who does it. */
export interface Members {
  /** Throws `input.not-found` for a person of another organisation too. */
  personOf(organization: string, id: string): Promise<PersonRow>
  people(organization: string): Promise<readonly PersonRow[]>
  addPerson(organization: string, name: string, roles: readonly RoleName[], by: string): Promise<PersonRow>
  /** Throws `input.not-found`, or `identity.last-owner`. No roles takes all access away at once. */
  changePerson(organization: string, id: string, change: PersonChange, by: string): Promise<PersonRow>
  /** A new one-time link token for a person; their earlier ones end. */
  createLink(
    organization: string,
    person: string,
    by: string,
  ): Promise<{ readonly token: string; readonly expiresAt: number }>
  tokens(person: string): Promise<readonly TokenRow[]>
  createToken(
    person: PersonRow,
    name: string,
    lifeMs: number | undefined,
  ): Promise<TokenRow & { readonly token: string }>
  /** Throws `input.not-found`. */
  revokeToken(person: PersonRow, id: string, by: string): Promise<void>
}

export interface PersonChange {
  readonly name?: string | undefined
  readonly roles?: readonly RoleName[] | undefined
}

export interface MemberParts {
  readonly reader: IdentityReader
  readonly writer: IdentityWriter
  readonly rights: Rights
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
}

export function createMembers(parts: MemberParts): Members {
  const { reader, writer, rights, bus, clock, ids } = parts
  async function personHere(organization: string, id: string): Promise<PersonRow> {
    const person = await reader.person(id)
    if (person === undefined || person.organization !== organization)
      throw new Fault('input.not-found', { detail: 'there is no such person', where: 'id' })
    return person
  }
  return {
    personOf: personHere,
    people: async (organization) => await reader.people(organization, peopleMax),
    async addPerson(organization, name, roles, by) {
      if ((await reader.peopleCount(organization)) >= peopleMax)
        throw new Fault('identity.too-many', { detail: `an organisation has at most ${peopleMax} people` })
      const person = { id: namedId(ids, 'p'), organization, name, roles }
      await writer.addPerson(person, clock.now())
      await rights.record('person-added', person, { by, roles })
      return person
    },
    changePerson: async (organization, id, change, by) =>
      await changePerson(parts, await personHere(organization, id), change, by),
    async createLink(organization, id, by) {
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
      await rights.record('link-made', person, { by })
      return { token, expiresAt }
    },
    tokens: async (person) => await reader.tokens(person, tokensPerPersonMax),
    createToken: async (person, name, lifeMs) => await createToken(parts, person, name, lifeMs),
    async revokeToken(person, id, by) {
      if (!(await writer.removeToken(id, person.id)))
        throw new Fault('input.not-found', { detail: 'there is no such token', where: 'id' })
      bus.publish(revokedSubject, { token: id })
      await rights.record('token-ended', person, { by, credential: id })
    },
  }
}

async function changePerson(
  { writer, rights, bus }: MemberParts,
  person: PersonRow,
  { name = person.name, roles = person.roles }: PersonChange,
  by: string,
): Promise<PersonRow> {
  const changed = { ...person, name, roles }
  const given = roles.some((role) => !person.roles.includes(role))
  const taken = person.roles.some((role) => !roles.includes(role))
  // A right is in the log before it is there; one that goes is gone before it is in the log.
  if (given) await rights.record('roles-changed', person, { by, roles })
  if (!(await writer.setPerson(changed))) {
    if (given) await rights.record('roles-changed', person, { by, roles: person.roles })
    throw new Fault('identity.last-owner', { detail: `${person.name} is the last owner`, where: 'roles' })
  }
  bus.publish(revokedSubject, { person: person.id })
  if (taken && !given) await rights.record('roles-changed', person, { by, roles })
  return changed
}

async function createToken(
  { reader, writer, rights, clock, ids }: MemberParts,
  person: PersonRow,
  name: string,
  lifeMs: number | undefined,
): Promise<TokenRow & { token: string }> {
  if ((await reader.tokens(person.id, tokensPerPersonMax)).length >= tokensPerPersonMax)
    throw new Fault('identity.too-many', { detail: `a person has at most ${tokensPerPersonMax} tokens` })
  const token = newCredential('token', clock)
  const createdAt = clock.now()
  const row: TokenRow = {
    id: namedId(ids, 't'),
    name,
    createdAt,
    expiresAt: lifeMs === undefined ? null : createdAt + lifeMs,
  }
  await writer.addToken({ ...row, hash: credentialHash(token), person: person.id })
  await rights.record('token-made', person, { by: person.id, credential: row.id })
  return { ...row, token }
}
