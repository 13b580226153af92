import { call } from './call.ts'
import type { SignInLink } from './types.ts'

export interface Organization {
  readonly id: string
  readonly name: string
  readonly created: string
  /** Since when; absent while it is open. */
  readonly closed?: string
}

export interface NewOrganization {
  readonly id: string
  readonly name: string
  /** Name of its first owner. */
  readonly owner: string
}

export async function listOrganizations(signal: AbortSignal): Promise<readonly Organization[]> {
  const reply = await call<{ organizations: readonly Organization[] }>('GET', '/organizations', { signal })
  return reply.organizations
}

/** The link signs its first owner in, once. */
export async function addOrganization(
  organization: NewOrganization,
): Promise<SignInLink & { readonly organization: Organization }> {
  return await call('POST', '/organizations', { body: organization })
}

export async function renameOrganization(id: string, name: string): Promise<Organization> {
  return await call<Organization>('PATCH', `/organizations/${encodeURIComponent(id)}`, { body: { name } })
}

/** Its people are signed out and its mandates refused, at once; what it has stays. */
export async function closeOrganization(id: string): Promise<Organization> {
  return await call<Organization>('POST', `/organizations/${encodeURIComponent(id)}/close`)
}

export async function reopenOrganization(id: string): Promise<Organization> {
  return await call<Organization>('POST', `/organizations/${encodeURIComponent(id)}/reopen`)
}
