import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

export interface Organization {
  readonly id: string
  readonly name: string
  readonly created: string
  /** Since when; absent while it is open. */
  readonly closed?: string
}

export interface NewOrganization {
  /** Small letters, digits and hyphens; it never changes. */
  readonly id: string
  readonly name: string
  /** Name of its first owner. */
  readonly owner: string
}

/**
 * The organisations of a node, for the owners of the one that runs it. Nothing of one is visible to another.
 *
 * @example
 * ```ts
 * const { signInLink } = await ambit.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
 * ```
 */
export function organizationCalls({ call }: Connection) {
  return {
    async list({ signal }: Options = {}) {
      const reply = await call<{ organizations: readonly Organization[] }>('GET', '/api/organizations', {
        signal,
      })
      return reply.organizations
    },
    /** The link signs its owner in, once. */
    async add(organization: NewOrganization, { signal }: Options = {}) {
      return await call<{
        organization: Organization
        owner: { id: string; name: string }
        signInLink: string
        expires: string
      }>('POST', '/api/organizations', { body: organization, signal })
    },
    async rename(id: string, name: string, { signal }: Options = {}) {
      return await call<Organization>('PATCH', path`/api/organizations/${id}`, { body: { name }, signal })
    },
    /** Its people are signed out and its mandates refused, at once; what it has stays. */
    async close(id: string, { signal }: Options = {}) {
      return await call<Organization>('POST', path`/api/organizations/${id}/close`, { signal })
    },
    async reopen(id: string, { signal }: Options = {}) {
      return await call<Organization>('POST', path`/api/organizations/${id}/reopen`, { signal })
    },
  }
}
