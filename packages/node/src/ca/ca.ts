import type { KeyObject, X509Certificate } from 'node:crypto'

/** What a certificate of an agent is for: one purpose each (ACPs ATR v02.02 section 3.2, ACME `usage`). */
export type Usage = 'clientAuth' | 'serverAuth'

/** Why a certificate is taken back, by the numbers of RFC 5280 section 5.3.1 that ACPs uses. */
export type RevocationReason = 0 | 1 | 2 | 3 | 4 | 5

export interface Certificate {
  /** Upper-case hexadecimal. */
  readonly serial: string
  /** The record it names. */
  readonly aic: string
  readonly organization: string
  readonly usage: Usage
  /** RFC 7638 thumbprint of its public key. */
  readonly thumbprint: string
  /** did:key of its public key where that is Ed25519 or P-256. */
  readonly key: string | undefined
  /** In ms. */
  readonly notBefore: number
  readonly notAfter: number
  readonly revokedAt: number | undefined
  readonly reason: RevocationReason | undefined
}

/** Who is at the other end of a connection over mutual TLS, as its certificate says and the authority confirms. */
export interface Peer {
  readonly aic: string
  /** The organisation on this node that keeps the record; undefined where a trusted foreign authority signed. */
  readonly organization: string | undefined
  readonly serial: string
  readonly thumbprint: string
  readonly key: string | undefined
}

/** Certificates of agents: who gets one, which hold, and which were taken back. */
export interface CertificateAuthority {
  /** Roots under which a peer may stand: its own, and those an operator trusts; PEM. */
  trustBundle(): string
  /** The node's own certificate for its listener over mutual TLS, renewed before it ends; `changed` tells of a new one. */
  listenerIdentity(names: { readonly dns: readonly string[]; readonly ip: readonly string[] }): Promise<{
    readonly key: KeyObject
    /** Leaf and intermediates, PEM. */
    readonly chain: string
  }>
  /**
   * Issues for a key whose possession the request proves (PKCS #10, DER). Throws `ca.…`: bad request, a name that is not
   * the record's, a record not in force, no provider organisation, a weak or reused key, too many.
   */
  issue(request: {
    readonly aic: string
    readonly usage: Usage
    readonly csr: Uint8Array
    /** Principal of the person, or the account of ACME, on whose word. */
    readonly by: string
  }): Promise<{ readonly certificate: Certificate; readonly chain: string }>
  /** In memory, for the handshake and the path of an act: whether a serial of this authority holds at this moment. */
  holds(serial: string): boolean
  /**
   * Who a peer is. In memory apart from what it caches by fingerprint: chain, times, profile (CN against SAN), state of
   * revocation and of the record. Throws `ca.peer` with the reason.
   */
  peer(certificate: X509Certificate, intermediates: readonly X509Certificate[]): Peer
  certificates(organization: string, aic?: string): Promise<readonly Certificate[]>
  /** Takes back one certificate, or all of a record; every replica refuses them within a second. Returns how many. */
  revoke(request: {
    readonly aic: string
    readonly serial?: string
    readonly reason: RevocationReason
    readonly by: string
  }): Promise<number>
}

/** Told on the bus after each revocation, `{aic, serials}`: connections of these end at once. */
export const revokedCertificates = 'certificate.revoked'
