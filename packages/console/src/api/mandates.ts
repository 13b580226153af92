import { call } from './call.ts'
import type { ClientName, Connection, MandateDetail, MandateList, MandateView, NewMandate } from './types.ts'

export async function listMandates(cursor: string | undefined, signal: AbortSignal): Promise<MandateList> {
  return await call<MandateList>('GET', '/mandates', { query: { cursor }, signal })
}

export async function getMandate(id: string, signal: AbortSignal): Promise<MandateDetail> {
  return await call<MandateDetail>('GET', `/mandates/${encodeURIComponent(id)}`, { signal })
}

export async function createMandate(mandate: NewMandate): Promise<MandateView> {
  return await call<MandateView>('POST', '/mandates', { body: mandate })
}

export interface Revoked {
  readonly revoked: readonly string[]
  readonly stopped: number
}

export async function revokeMandate(id: string, note: string): Promise<Revoked> {
  const body = note === '' ? {} : { note }
  return await call<Revoked>('POST', `/mandates/${encodeURIComponent(id)}/revoke`, { body })
}

export async function connectClient(id: string, client: ClientName): Promise<Connection> {
  return await call<Connection>('POST', `/mandates/${encodeURIComponent(id)}/tokens`, { body: { client } })
}

/** The client that has the token can no longer act; the mandate stays. */
export async function revokeToken(id: string): Promise<void> {
  await call('DELETE', `/mandate-tokens/${encodeURIComponent(id)}`)
}
