import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import { credentialHash, newCredential } from './credential.ts'
import type { IdentityWriter, PersonRow } from './identity-store.ts'
import { linkLifeMs } from './members.ts'
import type { OrganizationReader, OrganizationRow, OrganizationWriter } from './organization-store.ts'
import type { Rights } from './rights.ts'
import { revokedSubject } from './sessions.ts'

/** The organisation every node has from its first start; its owners run the node. */
export const defaultOrganization = 'main'
/** All of them are looked at at each start, and by whatever goes round the node. */
const organizationsMax = 1000

/** Told to every replica: an organisation was added, closed or opened again. */
export const organizationSubject = 'identity.organization'

/** The organisations of a node. Nothing of one is visible to another. */
export interface Organizations {
  /** From memory, for the path of an act. */
  isClosed(id: string): boolean
  list(): Promise<readonly OrganizationRow[]>
  name(id: string): Promise<string | undefined>
  /** With its first owner, and their one-time link. Throws `input.conflict` for an id that is taken. */
  add(
    added: { readonly id: string; readonly name: string; readonly owner: string },
    by: string,
  ): Promise<AddedOrganization>
  /** Throws `input.not-found`. */
  rename(id: string, name: string): Promise<OrganizationRow>
  /**
   * Ends the access of all its people, and refuses its mandates, at once; everything stays where it is until it is
   * opened again. Throws `input.not-found`; `input.conflict` for the organisation that runs the node.
   */
  close(id: string, by: string): Promise<OrganizationRow>
  reopen(id: string, by: string): Promise<OrganizationRow>
}

export interface AddedOrganization {
  readonly organization: OrganizationRow
  readonly owner: PersonRow
  readonly token: string
  readonly expiresAt: number
}

export interface OrganizationParts {
  readonly reader: OrganizationReader
  readonly writer: OrganizationWriter & Pick<IdentityWriter, 'addOrganization'>
  readonly rights: Rights
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
}

/** Loads which are closed, and keeps that current. */
export async function openOrganizations(parts: OrganizationParts): Promise<Organizations & Disposable> {
  const { reader, writer, bus, clock, rights } = parts
  const closed = new Set<string>()
  async function look(): Promise<void> {
    for (const { id, closedAt } of await reader.organizations(organizationsMax)) mark(id, closedAt !== null)
  }
  function mark(id: string, isClosed: boolean): void {
    if (isClosed) closed.add(id)
    else closed.delete(id)
  }
  await look()
  const ends = [
    bus.subscribe(organizationSubject, ({ id, closed: isClosed }, _subject, from) => {
      // What another replica says is believed at once where it closes, and looked up where it opens.
      if (typeof id !== 'string') return
      if (isClosed === true || from === 'here') mark(id, isClosed === true)
      else look().catch((error: unknown) => bus.missed(error))
    }),
    bus.onGap(look),
  ]
  async function known(id: string): Promise<OrganizationRow> {
    const row = await reader.organization(id)
    if (row === undefined)
      throw new Fault('input.not-found', { detail: 'there is no such organisation', where: 'id' })
    return row
  }
  async function turn(id: string, by: string, closedAt: number | null): Promise<OrganizationRow> {
    const before = await known(id)
    if (id === defaultOrganization)
      throw new Fault('input.conflict', {
        detail: 'the organisation that runs the node stays open',
        where: 'id',
      })
    if ((before.closedAt === null) === (closedAt === null)) return before
    const whose = { id: by, organization: id }
    // What gives is recorded first, what takes away is done first.
    if (closedAt === null) await rights.record('organization-opened', whose, { by })
    await writer.setClosed(id, closedAt)
    bus.publish(organizationSubject, { id, closed: closedAt !== null })
    bus.publish(revokedSubject, { organization: id })
    if (closedAt !== null) await rights.record('organization-closed', whose, { by })
    return { ...before, closedAt }
  }
  return {
    isClosed: (id) => closed.has(id),
    list: async () => await reader.organizations(organizationsMax),
    name: async (id) => (await reader.organization(id))?.name,
    add: async (added, by) => await add(parts, added, by),
    async rename(id, name) {
      const before = await known(id)
      await writer.renameOrganization(id, name)
      return { ...before, name }
    },
    close: async (id, by) => await turn(id, by, clock.now()),
    reopen: async (id, by) => await turn(id, by, null),
    [Symbol.dispose]() {
      for (const end of ends) end()
    },
  }
}

async function add(
  { reader, writer, rights, bus, clock, ids }: OrganizationParts,
  { id, name, owner: ownerName }: { id: string; name: string; owner: string },
  by: string,
): Promise<AddedOrganization> {
  if ((await reader.organizations(organizationsMax)).length >= organizationsMax)
    throw new Fault('identity.too-many', { detail: `a node has at most ${organizationsMax} organisations` })
  const at = clock.now()
  const token = newCredential('link', clock)
  const expiresAt = at + linkLifeMs
  const owner: PersonRow = { id: namedId(ids, 'p'), organization: id, name: ownerName, roles: ['owner'] }
  const link = { hash: credentialHash(token), expiresAt }
  if (!(await writer.addOrganization({ id, name, owner, link, at })))
    throw new Fault('input.conflict', { detail: 'an organisation has that id already', where: 'id' })
  bus.publish(organizationSubject, { id, closed: false })
  await rights.record('organization-added', owner, { by, roles: owner.roles })
  return { organization: { id, name, createdAt: at, closedAt: null }, owner, token, expiresAt }
}
