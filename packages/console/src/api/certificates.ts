import { ApiProblem, call } from './call.ts'

export type CertificateUsage = 'clientAuth' | 'serverAuth'

/** A certificate that the authority of the node gave to an agent. */
export interface AgentCertificate {
  /** Upper-case hexadecimal. */
  readonly serial: string
  /** Identity code of the agent. */
  readonly record: string
  readonly usage: CertificateUsage
  readonly notBefore: string
  readonly notAfter: string
  readonly holds: boolean
  readonly revoked?: string
  /** RFC 5280, section 5.3.1. */
  readonly reason?: number
}

export interface CertificateList {
  readonly certificates: readonly AgentCertificate[]
  /** The roots, PEM. */
  readonly trustBundle: string
}

export interface IssuedCertificate {
  readonly certificate: AgentCertificate
  /** Leaf and intermediate, PEM. */
  readonly chain: string
}

/** What an agent makes its ACME account with: once, within a day. */
export interface AcmeCredential {
  readonly keyId: string
  /** A secret, shown once. */
  readonly macKey: string
  readonly aic: string
  readonly expiresAt: string
  readonly directory: string
}

/** The list of what was revoked, as everybody can have it. */
export interface RevocationListInfo {
  readonly crlNumber: number
  readonly thisUpdate: string
  readonly nextUpdate: string
  readonly revokedCount: number
}

/** Of a record (slug or identity code), or the newest of the organisation. */
export async function listCertificates(
  record: string | undefined,
  signal: AbortSignal,
): Promise<CertificateList> {
  return await call<CertificateList>('GET', '/certificates', { query: { record }, signal })
}

export async function getCertificate(serial: string): Promise<IssuedCertificate> {
  return await call<IssuedCertificate>('GET', `/certificates/${encodeURIComponent(serial)}`)
}

/** `csr` in PEM. */
export async function issueCertificate(
  slug: string,
  request: { readonly usage: CertificateUsage; readonly csr: string },
): Promise<IssuedCertificate> {
  const path = `/records/${encodeURIComponent(slug)}/certificates`
  return await call<IssuedCertificate>('POST', path, { body: request })
}

/** One by its serial, or all of the record; by its slug or its identity code. */
export async function revokeCertificates(
  record: string,
  which: { readonly serial?: string; readonly reason: number },
): Promise<{ readonly revoked: number }> {
  return await call('POST', `/records/${encodeURIComponent(record)}/certificates/revoke`, { body: which })
}

export async function makeAcmeCredential(slug: string): Promise<AcmeCredential> {
  return await call<AcmeCredential>('POST', `/records/${encodeURIComponent(slug)}/acme-credential`)
}

/** Not part of the control API: what any peer of an agent reads. */
export async function getRevocationList(signal: AbortSignal): Promise<RevocationListInfo> {
  const response = await fetch('/acps-atr-v2/crl/info', { signal })
  if (response.ok) return (await response.json()) as RevocationListInfo
  throw new ApiProblem({
    status: response.status,
    code: 'console.unreadable',
    title: 'The list of revoked certificates cannot be had',
    detail: `the answer had the status ${response.status}`,
    remedy: 'Look at the log of the node, then try again.',
  })
}
