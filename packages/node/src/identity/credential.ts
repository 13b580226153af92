import { hash } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'

/** What a person may show: a session, an API token, or the token of a one-time sign-in link. */
export type CredentialKind = 'session' | 'token' | 'link'

const prefixes = { session: 'ambs_', token: 'amba_', link: 'ambl_' } as const
const secretBytes = 32
/** 32 bytes are 43 characters of base64url, so a longer or shorter text is refused before anything is computed. */
const form = /^(ambs_|amba_|ambl_)[A-Za-z0-9_-]{43}$/

export function newCredential(kind: CredentialKind, clock: Clock): string {
  return credentialOf(kind, clock.random(secretBytes))
}

export function credentialOf(kind: CredentialKind, secret: Buffer): string {
  return prefixes[kind] + secret.toString('base64url')
}

/** Undefined for what has not the form of a credential. */
export function credentialKind(credential: string): CredentialKind | undefined {
  const prefix = form.exec(credential)?.[1]
  if (prefix === prefixes.session) return 'session'
  if (prefix === prefixes.token) return 'token'
  return prefix === prefixes.link ? 'link' : undefined
}

/**
 * What the store keeps: 256 bits of chance need no slow hash, and looking a hash up tells an attacker nothing
 * about the credential by the time it takes.
 */
export function credentialHash(credential: string): string {
  return hash('sha256', credential, 'hex')
}
