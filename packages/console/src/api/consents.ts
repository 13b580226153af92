import type { Allow, Limits } from '@ambit/core/mandate'
import type { Effect, Reversibility } from '@ambit/core/record'
import { call } from './call.ts'

/** A client that wants to be let in. Its name, its address and what it asks for are its own words. */
export interface Consent {
  readonly id: string
  readonly client: {
    readonly id: string
    readonly name: string
    readonly url?: string
    /** `document`: its id is an address that its maker controls; `registered`: anybody could have registered it. */
    readonly known: 'document' | 'registered'
  }
  /** Where the person is sent back to: a host, or the scheme of a program. */
  readonly redirectHost: string
  readonly resource: string
  readonly scopes: readonly string[]
  readonly purpose: string
  readonly suggested: readonly Allow[]
  readonly limits: Limits
  readonly records: readonly ConsentRecord[]
  readonly expires: string
}

export interface ConsentRecord {
  readonly id: string
  readonly slug: string
  readonly title: string
  readonly kind: string
  readonly capabilities: readonly {
    readonly id: string
    readonly effect: Effect
    readonly reversibility: Reversibility
  }[]
  readonly capabilityCount: number
}

/** What the person decided: a mandate. */
export interface ConsentChoice {
  readonly purpose: string
  readonly allow: readonly Allow[]
  readonly limits: Limits
  readonly expiresInDays: number
}

/** Where the browser goes on to. */
export interface GoOn {
  readonly location: string
}

export async function getConsent(id: string, signal: AbortSignal): Promise<Consent> {
  return await call<Consent>('GET', `/oauth/consents/${encodeURIComponent(id)}`, { signal })
}

export async function giveConsent(id: string, choice: ConsentChoice): Promise<GoOn> {
  return await call<GoOn>('POST', `/oauth/consents/${encodeURIComponent(id)}`, { body: choice })
}

export async function denyConsent(id: string): Promise<GoOn> {
  return await call<GoOn>('POST', `/oauth/consents/${encodeURIComponent(id)}/deny`, { body: {} })
}
