import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Log } from '../kernel/log.ts'
import type { Registry } from '../registry/registry.ts'
import { malformed } from './acme-jws.ts'
import type { AccountKey, Jws } from './acme-jws.ts'
import type { Nonces } from './acme-nonce.ts'
import type { Account, AcmeReader, AcmeWriter } from './acme-store.ts'
import type { CertificateAuthority } from './ca.ts'
import type { CertificateReader } from './ca-store.ts'

export interface AcmeAnswer {
  readonly status: number
  readonly body?: unknown
  /** In place of `body`. */
  readonly text?: { readonly type: string; readonly content: string }
  readonly location?: string
}

export interface AcmeParts extends Pick<CertificateAuthority, 'issue' | 'revoke'> {
  /** PEM of a certificate and what stands above it. */
  readonly chainOf: (der: Uint8Array) => string
  readonly store: AcmeReader & AcmeWriter
  readonly certificates: CertificateReader
  readonly registry: Pick<Registry, 'target' | 'read'>
  readonly keyring: Keyring
  readonly origin: () => string
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** What the steps of the protocol know. */
export interface AcmeRoom extends AcmeParts {
  readonly nonces: Nonces
  /** Public address of something below the base. */
  readonly url: (path: string) => string
}

/** A request whose signature holds, which was made for this address, and whose nonce is one of this node. */
export interface Signed {
  readonly jws: Jws
  /** By `kid`; undefined where the request brought its key (`jwk`). */
  readonly account: Account | undefined
  readonly key: AccountKey
  /**
   * Uses the nonce up; done where an account signed. A request that brings its key does it before anything comes of it,
   * once that key is known. Throws `acme.nonce`.
   */
  readonly once: () => Promise<void>
}

export const bindingPurpose = 'acme.binding'

/** The key of a credential. Throws `internal` under another master key. */
export function bindingKey(keyring: Keyring, keyId: string, sealed: Uint8Array): Buffer {
  return keyring.open(bindingPurpose, keyId, sealed)
}

/** An account ends when its holder says so, and when the record is another organisation's. */
export function refuseEnded(account: Account, registry: Pick<Registry, 'target'>): void {
  if (account.status !== 'valid')
    throw new Fault('acme.unauthorized', { detail: 'the account was deactivated', where: 'kid' })
  if (registry.target(account.aic)?.organization !== account.organization)
    throw new Fault('acme.unauthorized', {
      detail: 'another organisation keeps the record now',
      where: 'kid',
      remedy: 'Have the owner of the record make a new credential, and make a new account with it.',
    })
}

/**
 * The key of an account is for nothing else, and none that was reported: whoever has it would get certificates by it
 * still. Throws `acme.unauthorized`.
 */
export async function refuseKeyOfCertificate(
  { certificates }: Pick<AcmeParts, 'certificates'>,
  thumbprint: string,
): Promise<void> {
  const { aic, bad } = await certificates.keyState(thumbprint)
  const detail = bad
    ? 'the key was reported as compromised'
    : aic === undefined
      ? undefined
      : 'the key is or was that of a certificate'
  if (detail !== undefined)
    throw new Fault('acme.unauthorized', {
      detail,
      where: 'jwk',
      remedy: 'Make a key for the account alone.',
    })
}

/** Texts of a client that are kept and shown: few and short. Throws `acme.malformed`. */
export function contactOf(value: unknown): readonly string[] {
  if (value === undefined) return []
  if (
    !Array.isArray(value) ||
    value.length > 10 ||
    !value.every((one) => typeof one === 'string' && one.length <= 300)
  )
    throw malformed('contact is a list of at most ten addresses', 'contact')
  return value as string[]
}
