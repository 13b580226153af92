import { openApprovals } from './approval/approval.ts'
import type { OpenApprovals } from './approval/approval.ts'
import { openAuthority } from './authority/authority.ts'
import type { OpenAuthority } from './authority/authority.ts'
import { openContents } from './contents/contents.ts'
import type { Contents } from './contents/contents.ts'
import type { Foundation } from './foundation.ts'
import { openGovernance } from './governance/governance.ts'
import type { Governance } from './governance/governance.ts'
import { openIdentity } from './identity/identity.ts'
import type { OpenIdentity } from './identity/identity.ts'
import { loadCatalog } from './kernel/catalog.ts'
import { openRegistry } from './registry/registry.ts'
import type { Registry } from './registry/registry.ts'
import type { Describe } from './registry/describe.ts'
import { openRulings } from './ruling/ruling.ts'
import type { Rulings } from './ruling/ruling.ts'
import { openVault } from './vault/vault.ts'
import type { Vault } from './vault/vault.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'
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
  readonly registry: Registry
  readonly governance: Governance
  readonly authority: OpenAuthority
  readonly approvals: OpenApprovals
}

export interface DomainOptions {
  readonly describers: readonly Describe[]
  /** Public address of the node; known once it listens. */
  readonly origin: () => string
  /** Stops acts under these mandates; gives their number. */
  readonly stopMandates: (ids: readonly string[]) => Promise<number>
}

/** Opens the domains in the order in which they may know each other. */
export async function openDomains(foundation: Foundation, options: DomainOptions): Promise<Domains> {
  const { store, keyring, bus, clock, ids, log, disposer, registryLedger, activityLedger, config } =
    foundation
  const catalog = loadCatalog()
  const identity = await openIdentity({ store, keyring, bus, clock, ids })
  disposer.add('identity', async () => await identity[Symbol.asyncDispose]())
  const contents = await openContents({
    keepDays: config.contentsDays,
    directory: config.dataFolder,
    subjects: identity.subjects,
    ledger: activityLedger,
    store,
    clock,
    ids,
    log,
  })
  disposer.add('contents', async () => await contents[Symbol.asyncDispose]())
  const vault = await openVault({ store, keyring, bus, clock })
  disposer.add('vault', async () => await vault[Symbol.asyncDispose]())
  const signIns = await openSignInsOf(foundation, vault, options.origin)
  const { metrics, name: nodeName } = foundation
  const witness = await openWitness({ store, keyring, clock, log, metrics, nodeName })
  const signer = identity.nodeSigner
  const rulings = await openRulings({ store, log: registryLedger, signer, bus, clock, ids })
  const registry = await openRegistry({
    store,
    log: registryLedger,
    rulings,
    identity,
    secrets: vault,
    signIns,
    describers: options.describers,
    keyring,
    bus,
    clock,
    catalog,
    events: log,
  })
  disposer.add('registry', () => registry[Symbol.dispose]())
  const governance = openGovernance({ registry, rulings, catalog, clock })
  const authority = await openAuthority({
    store,
    identity,
    leaves: activityLedger,
    log,
    bus,
    clock,
    ids,
    catalog,
    target: (slugOrId) => registry.target(slugOrId),
    agent: async (organization, name) => await agentOf(registry, organization, name),
    stop: options.stopMandates,
  })
  disposer.add('authority', async () => await authority[Symbol.asyncDispose]())
  const approvals = await openApprovals({
    store,
    keyring,
    identity,
    leaves: activityLedger,
    log,
    bus,
    clock,
    ids,
    expiresMs: config.approvalMs,
  })
  disposer.add('approvals', async () => await approvals[Symbol.asyncDispose]())
  return { identity, contents, vault, signIns, witness, rulings, registry, governance, authority, approvals }
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

async function agentOf(registry: Registry, organization: string, name: string) {
  if (registry.target(name, organization) === undefined) return undefined
  const { record } = await registry.read(name, organization)
  return { id: record.id, keys: record.keys }
}
