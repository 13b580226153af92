import type { KeyObject, X509Certificate } from 'node:crypto'
import { pem } from '@ambit/core/pem'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DataPath } from '../kernel/data-path.ts'
import type { Ids } from '../kernel/ids.ts'
import { openSigningKeys } from '../kernel/key-signer.ts'
import type { KeyPlace } from '../kernel/key-signer.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { Upstream } from '../net/upstream.ts'
import type { Registry } from '../registry/registry.ts'
import type { Store } from '../store/store.ts'
import { createAcme } from './acme.ts'
import type { Credential } from './acme.ts'
import { openAcmeStore } from './acme-store.ts'
import { openAuthority } from './authority.ts'
import { openCertificateStore } from './ca-store.ts'
import { openChangeStore } from './change-store.ts'
import { followChanges } from './changes.ts'
import { createCaPath } from './data-path.ts'
import { createForeignLists } from './foreign-lists.ts'
import { issueCertificate } from './issue.ts'
import type { IssueParts } from './issue.ts'
import { createPeers } from './peer.ts'
import { followRevocations } from './revoke.ts'
import { openRevocationLists } from './revocation-lists.ts'
import { keepListenerRenewed, keepResponderRenewed } from './short-lived.ts'
import type { HostNames } from './short-lived.ts'
import { Standing } from './standing.ts'
import { readRoots } from './trust-roots.ts'

export type { Credential } from './acme.ts'
export { revokedCertificates } from './revoke.ts'

/** What a certificate of an agent is for: one purpose each (ACPs ATR v02.02 section 3.2, ACME `usage`). */
export type Usage = 'clientAuth' | 'serverAuth'

/** Why a certificate is taken back, by the numbers of RFC 5280 section 5.3.1 that ACPs uses. */
export type RevocationReason = 0 | 1 | 2 | 3 | 4 | 5

/** Why a peer is not believed; stands in `extra.reason` of the fault `ca.peer`. */
export type PeerRefusal =
  | 'untrusted'
  | 'profile'
  | 'name'
  | 'usage'
  | 'not-yet'
  | 'expired'
  | 'revoked'
  | 'unknown'
  | 'record'
  | 'list-missing'

export interface Certificate {
  /** Upper-case hexadecimal. */
  readonly serial: string
  /** The record it names. */
  readonly aic: string
  /** That kept the record when the certificate was given. */
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

export interface IssueRequest {
  readonly aic: string
  readonly usage: Usage
  /** PKCS #10, DER. */
  readonly csr: Uint8Array
  /** Principal of the person, or the account of ACME, on whose word. */
  readonly by: string
  /** Of whoever asks: refused where another one keeps the record by now. Left out: any. */
  readonly organization?: string | undefined
}

export interface Revocation {
  readonly aic: string
  /** Left out: all of the record. */
  readonly serial?: string | undefined
  readonly reason: RevocationReason
  readonly by: string
}

/** The node's own certificate for its listener, with the newest key and chain whenever it is looked at. */
export interface ListenerIdentity {
  readonly key: KeyObject
  /** Leaf and intermediate, PEM. */
  readonly chain: string
  /** Tells of each new one, days before the one in use ends. */
  readonly onChange: (listen: () => void) => () => void
  /** Names another address of this node too, in a new certificate. Throws `ca.signer`. */
  readonly addAddress: (address: string) => Promise<void>
}

/** Certificates of agents: who gets one, which hold, and which were taken back. */
export interface CertificateAuthority {
  /** Roots under which a peer may stand: its own first, then those an operator trusts; PEM. */
  trustBundle(): string
  /** What stands between its root and the certificates it gives; PEM. */
  intermediate(): string
  /** The node's own certificate for its listener over mutual TLS, under the same root. */
  listenerIdentity(names: HostNames): Promise<ListenerIdentity>
  /**
   * Issues for a key whose possession the request proves (PKCS #10, DER). Throws `ca.request`, `ca.name` (not the
   * record's), `ca.record` (not in force), `ca.provider`, `ca.key` (weak, reused, compromised), `ca.too-many`.
   */
  issue(request: IssueRequest): Promise<{ readonly certificate: Certificate; readonly chain: string }>
  /** In memory, for the handshake and the path of an act: whether a serial of this authority holds at this moment. */
  holds(serial: string): boolean
  /**
   * Who a peer is. In memory apart from what it caches by fingerprint: chain, times, profile (CN against SAN), state of
   * revocation and of the record; `usage` is `clientAuth` when left out. Throws `ca.peer` with the reason in
   * `extra.reason`. Of a foreign authority whose list is not here yet it begins to fetch that and says `list-missing`.
   */
  peer(certificate: X509Certificate, intermediates: readonly X509Certificate[], usage?: Usage): Peer
  /** The same, and waits for what has to be fetched of a foreign authority first, ten seconds at most. */
  meet(certificate: X509Certificate, intermediates: readonly X509Certificate[], usage?: Usage): Promise<Peer>
  /** Newest first, at most 500: of an organisation, or of a record by its AIC. */
  certificates(organization: string, aic?: string): Promise<readonly Certificate[]>
  /** A certificate with its chain, PEM; by its serial. */
  certificate(
    serial: string,
  ): Promise<{ readonly certificate: Certificate; readonly chain: string } | undefined>
  /**
   * Takes back one certificate, or all of a record; every replica refuses them within a second. Returns how many.
   * Throws `ca.not-found` for a serial that is not the record's.
   */
  revoke(revocation: Revocation): Promise<number>
  /** Makes a credential of ACME for a record: good for one account, for a day. Throws `ca.record` and `ca.too-many`. */
  credential(aic: string, by: string): Promise<Credential>
}

export interface OpenCertificateAuthority extends CertificateAuthority, AsyncDisposable {
  /** ACME, revocation lists, OCSP and the trust bundle, below `/acps-atr-v2/`. */
  readonly dataPath: DataPath
}

export interface CaParts extends Omit<
  IssueParts,
  'store' | 'authority' | 'keyHolder' | 'ownsHost' | 'isAccountKey'
> {
  readonly store: Store
  readonly keyring: Keyring
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly metrics: Metrics
  readonly registry: Registry
  readonly leaves: LeafWriter
  readonly upstream: Upstream
  /** As in the origins of this node's logs. */
  readonly nodeName: string
  readonly keyPlace: KeyPlace
  /** PEM file of foreign roots; undefined: none. */
  readonly trustRootsFile: string | undefined
  /** Whether a foreign peer is refused while the revocation list of its authority is not here. */
  readonly foreignListRequired: boolean
  /** The AIC whose active key a did:key is; left out: nobody is asked. */
  readonly keyHolder?: (did: string) => string | undefined
  /** Whether the keeper of a record proved that a host is its own; left out: nobody proved anything. */
  readonly ownsHost?: IssueParts['ownsHost']
}

const certificatesMax = 500
/** What has ended is dropped from memory and from the store of ACME so often. */
const sweepMs = 3_600_000

/** Opens the authority; at its first start it makes its keys and its two certificates. Throws `ca.signer`, `ca.ended`, `config.invalid`. */
export async function openCa(parts: CaParts): Promise<OpenCertificateAuthority> {
  const { clock, log, registry } = parts
  const roots = readRoots(parts.trustRootsFile)
  const room = await openRoom(parts)
  const { store, acmeStore, authority, standing, lists, revocations } = room
  const foreign = createForeignLists(parts)
  const responder = await keepResponderRenewed({ authority, clock, log })
  const renewed = [responder]
  const common = { authority, standing, clock, log }
  const listRequired = parts.foreignListRequired
  const peers = createPeers({ ...common, roots, lists: foreign, registry, listRequired })
  const issue = issuer(parts, room)
  const chainOf = (der: Uint8Array) => pem('CERTIFICATE', der) + authority.intermediatePem
  const trustBundle = [authority.root, ...roots].map(({ raw }) => pem('CERTIFICATE', raw)).join('')
  const acme = createAcme({
    ...parts,
    store: acmeStore,
    certificates: store,
    issue,
    chainOf,
    revoke: async (revocation) => await revocations.revoke(revocation),
  })
  await revocations.reconcile()
  const { origin } = parts
  return {
    dataPath: createCaPath({ ...common, acme, lists, trustBundle, responder: responder.current, origin }),
    trustBundle: () => trustBundle,
    intermediate: () => authority.intermediatePem,
    async listenerIdentity(names) {
      const identity = await keepListenerRenewed({ authority, clock, log }, names, parts.nodeName)
      renewed.push(identity)
      return {
        get key() {
          return identity.current().key
        },
        get chain() {
          return identity.current().chain
        },
        onChange: identity.onChange,
        addAddress: identity.addAddress,
      }
    },
    issue,
    holds: (serial) => standing.holds(serial, clock.now()),
    peer: (certificate, intermediates, usage = 'clientAuth') => peers.peer(certificate, intermediates, usage),
    meet: async (certificate, intermediates, usage = 'clientAuth') =>
      await peers.meet(certificate, intermediates, usage),
    certificates: async (organization, aic) =>
      await store.certificates(aic === undefined ? { organization } : { aic }, certificatesMax),
    async certificate(serial) {
      const found = await store.certificate(serial)
      return found && { certificate: found.certificate, chain: chainOf(found.der) }
    },
    revoke: async (revocation) => await revocations.revoke(revocation),
    credential: async (aic, by) => await acme.credential(aic, by),
    async [Symbol.asyncDispose]() {
      for (const { stop } of renewed) stop()
      foreign.stop()
      await room.stop()
    },
  }
}

/** What the authority knows, in the store and in memory, and how it stays true. */
async function openRoom(parts: CaParts) {
  const { keyring, clock, log, metrics } = parts
  const store = await openCertificateStore(parts.store)
  const acmeStore = openAcmeStore(parts.store)
  const keys = openSigningKeys(parts.keyPlace, store.keys, keyring, clock)
  const authority = await openAuthority({ store, keys, clock, nodeName: parts.nodeName })
  const standing = new Standing()
  const changes = openChangeStore(parts.store)
  // Before memory is filled: what comes in between is read twice rather than never.
  const known = await changes.revision()
  for await (const head of store.heads(clock.now())) standing.apply(head)
  metrics.gauge('ambit_certificates', 'Certificates of agents that hold.', () => standing.size)
  const lists = openRevocationLists({ store, issuer: authority.issuer, clock, log })
  const revocations = followRevocations({ ...parts, store, acmeStore, standing, lists })
  // On SQLite a node is alone.
  const isAlone = parts.store.engine === 'sqlite'
  const following = isAlone ? undefined : followChanges({ ...parts, changes, store, standing, lists }, known)
  const cancelSweep = sweepAgainAndAgain(clock, log, async () => {
    standing.sweep(clock.now())
    await acmeStore.sweep(clock.now())
  })
  async function stop(): Promise<void> {
    cancelSweep()
    lists.stop()
    await following?.stop()
    await revocations.stop()
  }
  return { store, acmeStore, authority, standing, lists, revocations, stop }
}

function issuer(
  parts: CaParts,
  { store, acmeStore, authority, revocations }: Awaited<ReturnType<typeof openRoom>>,
): CertificateAuthority['issue'] {
  const { keyHolder = () => undefined, ownsHost = () => false } = parts
  const isAccountKey = async (thumbprint: string) => (await acmeStore.accountByKey(thumbprint)) !== undefined
  const issueParts: IssueParts = { ...parts, store, authority, keyHolder, ownsHost, isAccountKey }
  return async (request) => {
    const made = await issueCertificate(issueParts, request)
    await revocations.learnIssued(made.certificate)
    return made
  }
}

function sweepAgainAndAgain(clock: Clock, log: Log, sweep: () => Promise<void>): () => void {
  let cancel = () => {}
  const plan = () => {
    cancel = clock.after(sweepMs, () => {
      sweep()
        .catch((error: unknown) => log.warn('ca.sweep-failed', { error: String(error) }))
        .finally(plan)
    })
  }
  plan()
  return () => cancel()
}
