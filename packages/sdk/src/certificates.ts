import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

export type CertificateUsage = 'clientAuth' | 'serverAuth'

/** A certificate that the authority of a node gave to an agent. */
export interface CertificateView {
  /** Upper-case hexadecimal. */
  readonly serial: string
  /** Identity code of the agent. */
  readonly record: string
  readonly usage: CertificateUsage
  /** RFC 7638, of its public key. */
  readonly thumbprint: string
  /** did:key where the key is Ed25519 or P-256. */
  readonly key?: string
  readonly notBefore: string
  readonly notAfter: string
  readonly holds: boolean
  readonly revoked?: string
  /** RFC 5280, section 5.3.1: 1 the key was compromised, 4 superseded, 5 the agent is no longer operated. */
  readonly reason?: number
}

export interface IssuedCertificate {
  readonly certificate: CertificateView
  /** Leaf and intermediate, PEM. */
  readonly chain: string
}

/** What an agent makes its ACME account with: once, within a day. */
export interface AcmeCredential {
  readonly keyId: string
  /** A secret. */
  readonly macKey: string
  readonly aic: string
  readonly expiresAt: string
  readonly directory: string
}

/**
 * Certificates of agents (X.509), from the authority of the node.
 *
 * @example
 * ```ts
 * const { request, privateKey } = await certificateRequest(record.id)
 * const { chain } = await ambit.certificates.issue('mail', { usage: 'clientAuth', csr: request })
 * ```
 */
export function certificateCalls({ call }: Connection) {
  return {
    /** Of a record (slug or AIC), or the newest of the organisation; with the roots that all stand under, PEM. */
    async list(record?: string, { signal }: Options = {}) {
      return await call<{ certificates: readonly CertificateView[]; trustBundle: string }>(
        'GET',
        '/api/certificates',
        { query: { record }, signal },
      )
    },
    async get(serial: string, { signal }: Options = {}) {
      return await call<IssuedCertificate>('GET', path`/api/certificates/${serial}`, { signal })
    },
    /** `csr` in PEM; its signature proves that whoever asks has the key. */
    async issue(
      record: string,
      request: { readonly usage: CertificateUsage; readonly csr: string },
      { signal }: Options = {},
    ) {
      return await call<IssuedCertificate>('POST', path`/api/records/${record}/certificates`, {
        body: request,
        signal,
      })
    },
    /** One by its serial, or all of the record. */
    async revoke(
      record: string,
      which: { readonly serial?: string; readonly reason?: number } = {},
      { signal }: Options = {},
    ) {
      return await call<{ revoked: number }>('POST', path`/api/records/${record}/certificates/revoke`, {
        body: which,
        signal,
      })
    },
    /** What the agent itself needs to get its certificates by ACME (`certificate-acme.ts`). */
    async credential(record: string, { signal }: Options = {}) {
      return await call<AcmeCredential>('POST', path`/api/records/${record}/acme-credential`, { signal })
    },
  }
}
