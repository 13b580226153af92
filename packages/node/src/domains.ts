import { join } from 'node:path'
import type { Addresses } from './address/address.ts'
import { openAddressesOf } from './own-addresses.ts'
import { openAgentKeysOf } from './agent-keys.ts'
import type { OpenAgentKeys } from './did/did.ts'
import type { ApprovalOptions, OpenApprovals } from './approval/approval.ts'
import type { OpenAuthority } from './authority/authority.ts'
import type { OpenCertificateAuthority } from './ca/ca.ts'
import { openCertificates } from './certificates.ts'
import type { Channels } from './channel/channel.ts'
import { openChannelsOf } from './channels.ts'
import { openContents } from './contents/contents.ts'
import type { Contents } from './contents/contents.ts'
import { openApprovalsOf, openAuthorityOf } from './deciding.ts'
import type { Foundation } from './foundation.ts'
import { openGovernance } from './governance/governance.ts'
import type { Governance } from './governance/governance.ts'
import { openIdentity } from './identity/identity.ts'
import type { OpenIdentity } from './identity/identity.ts'
import { loadCatalog } from './kernel/catalog.ts'
import { openOwnershipOf } from './owning.ts'
import type { Ownership } from './ownership/ownership.ts'
import { openRegistry } from './registry/registry.ts'
import type { Registry } from './registry/registry.ts'
import type { Describe } from './registry/describe.ts'
import { openRulings } from './ruling/ruling.ts'
import type { Rulings } from './ruling/ruling.ts'
import { openVault } from './vault/vault.ts'
import type { Vault } from './vault/vault.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'
import { namesIn } from './remains.ts'
import { openWitness } from './witness/witness.ts'
import type { Witness } from './witness/witness.ts'
import { openSignIns } from './signin/signin.ts'
import type { SignIns } from './signin/signin.ts'

export interface Domains {
  readonly identity: OpenIdentity
  readonly contents: Contents
  readonly vault: Vault
  readonly signIns: SignIns
  readonly witness: Witness
  readonly rulings: Rulings
  readonly ownership: Ownership
  readonly registry: Registry
  readonly agentKeys: OpenAgentKeys
  readonly ca: OpenCertificateAuthority
  /** Undefined: agents have no addresses of their own. */
  readonly addresses: Addresses | undefined
  readonly governance: Governance
  readonly authority: OpenAuthority
  readonly approvals: OpenApprovals
  readonly channels: Channels
}

export interface DomainOptions {
  readonly describers: readonly Describe[]
  /** Public address of the node; known once it listens. */
  readonly origin: () => string
  /** Stops acts under these mandates; gives their number. */
  readonly stopMandates: (ids: readonly string[]) => Promise<number>
  /** Stops the agent, or everything under the mandate, of an act that a person refuses. */
  readonly stopAgent: NonNullable<ApprovalOptions['stopAgent']>
}

/** Opens the domains in the order in which they may know each other. */
export async function openDomains(foundation: Foundation, options: DomainOptions): Promise<Domains> {
  const { store, keyring, bus, clock, ids, log, disposer, registryLedger, activityLedger, config } =
    foundation
  const catalog = loadCatalog()
  const identity = await openIdentity({ store, keyring, leaves: activityLedger, bus, clock, ids })
  disposer.add('identity', async () => await identity[Symbol.asyncDispose]())
  const channels = await openChannelsOf(foundation, identity, options.origin)
  const contents = await openContentsOf(foundation, identity)
  const vault = await openVault({ store, keyring, bus, clock })
  disposer.add('vault', async () => await vault[Symbol.asyncDispose]())
  const signIns = await openSignInsOf(foundation, vault, options.origin)
  const witness = await openWitness({ ...foundation, nodeName: foundation.name })
  const signer = identity.nodeSigner
  const rulings = await openRulings({ store, log: registryLedger, signer, bus, clock, ids })
  const later: { registry?: Registry; authority?: OpenAuthority; addresses?: Addresses } = {}
  const agentKeys = await openAgentKeysOf(foundation, {
    identity,
    origin: options.origin,
    registry: () => later.registry,
    authority: () => later.authority,
  })
  const ownership = await openOwnershipOf(foundation, identity)
  const registry = await openRegistry({
    domains: ownership,
    keys: agentKeys.admission,
    namedInMandates: (organization) => namesIn(later.authority?.mandates.book, organization, clock.now()),
    store,
    log: registryLedger,
    activity: activityLedger,
    rulings,
    identity,
    secrets: vault,
    signIns,
    describers: options.describers,
    keyring,
    bus,
    clock,
    ids,
    catalog,
    events: log,
    directory: join(config.dataFolder, 'spill'),
  })
  later.registry = registry
  disposer.add('registry', () => registry[Symbol.dispose]())
  const ca = await openCertificates(foundation, {
    registry,
    keys: agentKeys,
    ownership,
    addressOf: (aic) => later.addresses?.of(aic),
    origin: options.origin,
  })
  const addresses = await openAddressesOf(foundation, registry)
  if (addresses !== undefined) later.addresses = addresses
  const governance = openGovernance({ registry, rulings, catalog, clock })
  const authority = await openAuthorityOf(foundation, {
    identity,
    registry,
    agentKeys,
    catalog,
    stop: options.stopMandates,
  })
  later.authority = authority
  await agentKeys.begin()
  disposer.add('authority', async () => await authority[Symbol.asyncDispose]())
  const approvals = await openApprovalsOf(foundation, {
    identity,
    registry,
    authority,
    channels,
    stopAgent: options.stopAgent,
  })
  disposer.add('approvals', async () => await approvals[Symbol.asyncDispose]())
  return {
    identity,
    contents,
    vault,
    signIns,
    witness,
    rulings,
    ownership,
    registry,
    agentKeys,
    ca,
    addresses,
    governance,
    authority,
    approvals,
    channels,
  }
}

async function openSignInsOf(
  { store, keyring, bus, clock, log, config, disposer }: Foundation,
  vault: Vault,
  origin: () => string,
): Promise<SignIns> {
  // Connections of their own: what holds up a sign-in holds up no act.
  const upstream = createUpstream(createAddressGuard(config.allowAddresses), { log, clock })
  disposer.add('sign-in connections', async () => await upstream.close())
  const clientDocument = config.oauthClientDocument
  const signIns = await openSignIns({ store, keyring, bus, clock, vault, upstream, origin, clientDocument })
  disposer.add('sign-ins', async () => await signIns[Symbol.asyncDispose]())
  return signIns
}

async function openContentsOf(foundation: Foundation, { subjects }: OpenIdentity): Promise<Contents> {
  const { config, disposer, activityLedger: ledger } = foundation
  const contents = await openContents({
    ...foundation,
    keepDays: config.contentsDays,
    directory: config.dataFolder,
    subjects,
    ledger,
  })
  disposer.add('contents', async () => await contents[Symbol.asyncDispose]())
  return contents
}
