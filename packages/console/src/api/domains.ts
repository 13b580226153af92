import { call } from './call.ts'

/** A domain that the organisation says is its own. */
export interface Domain {
  readonly domain: string
  /** `failing`: proved still, but its last checks did not find the proof. */
  readonly state: 'claimed' | 'proved' | 'failing'
  /** What the file or the TXT record holds. */
  readonly token: string
  readonly way?: 'file' | 'dns'
  readonly since?: string
  readonly checked?: string
  /** Why the last check failed. */
  readonly problem?: string
}

export async function listDomains(signal: AbortSignal): Promise<readonly Domain[]> {
  return (await call<{ domains: readonly Domain[] }>('GET', '/domains', { signal })).domains
}

export async function claimDomain(domain: string): Promise<Domain> {
  return await call<Domain>('POST', '/domains', { body: { domain } })
}

export async function checkDomain(domain: string): Promise<Domain> {
  return await call<Domain>('POST', `/domains/${encodeURIComponent(domain)}/check`, { body: {} })
}

export async function removeDomain(domain: string): Promise<void> {
  await call('DELETE', `/domains/${encodeURIComponent(domain)}`)
}
