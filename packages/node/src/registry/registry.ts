import type { AgentRecord } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import { SpillFile } from '../kernel/spill-file.ts'
import { createTurns } from '../kernel/turns.ts'
import { stateByKind } from '../ruling/ruling.ts'
import type { SignedRuling } from '@ambit/core/ruling'
import { accept } from './accept.ts'
import type { Acceptance } from './accept.ts'
import { applyDocument } from './apply.ts'
import { applyBatch } from './batch.ts'
import type { BatchOptions, BatchResult } from './batch.ts'
import type { Described } from './describe.ts'
import { edit } from './edit.ts'
import type { Edit } from './edit.ts'
import { importServers } from './import.ts'
import type { ImportResult } from './import.ts'
import { adviseDependants } from './dependants.ts'
import type { Dependant } from './dependants.ts'
import { openLifeBook } from './life.ts'
import { draftFromDocument } from './from-document.ts'
import { isIssuedHere } from './identity-code.ts'
import { redraft } from './redraft.ts'
import type { DocumentDraft, DraftOptions } from './from-document.ts'
import { describeRecord } from './live.ts'
import { probe } from './probe.ts'
import type { ProbeResult } from './probe.ts'
import { createProposer } from './profile.ts'
import { nothingProved } from './proved-domains.ts'
import { putSecret } from './put-secret.ts'
import type { SecretRequest } from './put-secret.ts'
import { register } from './register.ts'
import { rename } from './rename.ts'
import type { RenameRequest } from './rename.ts'
import { createReview } from './review.ts'
import type { Review } from './review.ts'
import type { Registration } from './register.ts'
import { beginSignIn, forgetSignIn, setIdentity, setSignInClient, signInStatus } from './sign-in.ts'
import type { ClientSettings, SignInAddress, SignInStatus } from '../signin/signin.ts'
import { followReplicas, load } from './healing.ts'
import { openRegistryStore } from './registry-store.ts'
import { bodyInForce, entryOf, mustFind } from './room.ts'
import type { RegistryParts, Room } from './room.ts'
import { createRoster } from './compact-roster.ts'
import { headInForce } from './roster.ts'
import { takeStep } from './steps.ts'
import type { StepRequest, StepResult } from './steps.ts'
import { createTakedowns } from './takedown.ts'
import type { Takedowns } from './takedown.ts'
import type { Target, TargetHead } from './target.ts'
import { createTransfers } from './transfer.ts'
import type { Transfers } from './transfer.ts'
import { summaryOf, viewOf } from './view.ts'
import type { Governed, RecordSummary, RecordView, SummaryWish } from './view.ts'

export type { Order, Recall, Recalled } from './recall.ts'
export type { Admission, Admitted, KeyAdmission } from './key-admission.ts'
export type { RegistryParts } from './room.ts'
export type { StepRequest, StepResult } from './steps.ts'
export { checkSchema } from './view.ts'
export type { Check, Governed } from './view.ts'
export type { ImportDocuments, ImportPreview, ImportResult } from './import.ts'
export { interfaceStates, livenessSchema, livenessStates } from './facts.ts'
export type { Facts, InterfaceLiveness, InterfaceState, LivenessState, RecordLiveness } from './facts.ts'
export type { DocumentDraft, DraftOptions } from './from-document.ts'
export { compare } from './drift.ts'
export type { Dependant } from './dependants.ts'
export { createTakeOvers } from './take-over.ts'
export type { TakeOvers } from './take-over.ts'
export type { ProvedDomains } from './proved-domains.ts'

/** What exists: records, their versions and drafts. Asking for Targets is in memory; all else reads the store. */
export interface Registry extends Disposable {
  /** By slug within an organisation (`main` when left out), or by AIC. */
  target(slugOrId: string, organization?: string): Target | undefined
  /** The record one of whose versions has that digest, in its newest state. */
  targetOfDigest(digest: string): Target | undefined
  /** The same as `target` by AIC, and not kept in memory: for whoever goes through many records. */
  glance(record: string): Target | undefined
  /** In memory: live records of an organisation in the order of their slugs; left out: of all, in no order. */
  heads(organization?: string): Iterable<TargetHead>
  /** Live records with an interface at that host (without port), of an organisation or of all. */
  targetsAt(host: string, organization?: string): readonly Target[]
  /** Reads a live agent or server and makes a draft. Throws `record.unreachable`, `record.name-taken`, `address.refused`. */
  register(
    caller: Caller,
    registration: Registration,
    signal?: AbortSignal,
  ): Promise<{ readonly slug: string }>
  import(
    caller: Caller,
    servers: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<readonly ImportResult[]>
  /** Makes a draft of what a document of a third party says. Throws `record.name-taken`, `record.invalid`. */
  draft(caller: Caller, draft: DocumentDraft, options?: DraftOptions): Promise<{ readonly slug: string }>
  /** Puts what a newer document says in place of the draft. Throws `record.state`, `record.name-…`, `record.invalid`. */
  redraft(slugOrId: string, caller: Caller, draft: DocumentDraft): Promise<void>
  /** Whether an identity code has the checksum that only this node can make, whoever has it. */
  issued(code: string): boolean
  apply(
    caller: Caller,
    document: unknown,
    confirmName?: boolean,
  ): Promise<{ readonly slug: string; readonly unchanged: boolean }>
  /** Many documents, each with its own result, in their order; new records share their commits. */
  applyBatch(
    caller: Caller,
    documents: readonly unknown[],
    options: BatchOptions,
  ): Promise<readonly BatchResult[]>
  edit(slugOrId: string, caller: Caller, edit: Edit): Promise<void>
  /** Gives it another name; the old one points to it for a time. Throws `record.name-…`. */
  rename(slugOrId: string, caller: Caller, request: RenameRequest): Promise<{ readonly slug: string }>
  readonly transfers: Transfers
  readonly takedowns: Takedowns
  readonly review: Review
  /** Tells the keepers of records that are made of what a ruling took away. */
  advise(ruling: SignedRuling): Promise<readonly Dependant[]>
  /** Keeps a name free until then, for as long as somebody may still be allowed to call what had it. */
  keepFree(organization: string, slug: string, until: number): Promise<void>
  accept(slugOrId: string, caller: Caller, acceptance: Acceptance): Promise<void>
  putSecret(slugOrId: string, caller: Caller, request: SecretRequest): Promise<void>
  /** Signing in to the server of a record, by a person for themselves. */
  readonly signIn: {
    begin(slugOrId: string, caller: Caller): Promise<SignInAddress>
    status(slugOrId: string, caller: Caller): Promise<SignInStatus & { readonly wanted: boolean }>
    forget(slugOrId: string, caller: Caller): Promise<void>
    setClient(slugOrId: string, caller: Caller, settings: ClientSettings): Promise<void>
    setIdentity(slugOrId: string, caller: Caller, idToken: string): Promise<void>
  }
  /** Makes the ruling of a step of the life cycle. Memory has the new state before it returns. Throws `record.state`. */
  step(request: StepRequest): Promise<StepResult>
  probe(slugOrId: string, organization: string, person: string, signal?: AbortSignal): Promise<ProbeResult>
  /** The document in force (or the draft while there is none) and its digest. */
  read(
    slugOrId: string,
    organization: string,
  ): Promise<{ readonly record: AgentRecord; readonly target: Target }>
  /** Asks the upstream of a record what it is, now, with the credentials of a person. */
  describe(slugOrId: string, organization: string, person: string, signal?: AbortSignal): Promise<Described>
  /** The document that a record was last read from, as it came; by AIC. */
  document(record: string): Promise<string | undefined>
  /** In the order of their slugs; only those that are wished for are read. */
  summaries(organization: string, governed: Governed, wish?: SummaryWish): Iterable<RecordSummary>
  view(slugOrId: string, organization: string, governed: Governed): Promise<RecordView>
  /** All rulings of a record, or the newest of an organisation. */
  rulings(organization: string, slugOrId?: string): Promise<readonly SignedRuling[]>
  /** Live records of an organisation, or of all, each read as it comes: `heads` is enough for most. */
  allTargets(organization?: string): Iterable<Target>
  /** The address that a record (AIC) was read from; undefined for a program, or where there is no such record. */
  source(record: string): Promise<string | undefined>
}

const defaultOrganization = 'main'

export async function openRegistry(parts: RegistryParts): Promise<Registry> {
  const room: Room = {
    ...parts,
    rows: await openRegistryStore(parts.store),
    life: await openLifeBook(parts),
    domains: parts.domains ?? nothingProved,
    roster: createRoster(parts.rulings, new SpillFile(parts.directory), parts.clock.random(4).readUInt32LE()),
    propose: createProposer(parts.catalog.profileWords),
    turns: createTurns(),
  }
  await load(room)
  // By their exact subjects and first of all: whoever hears of a ruling finds the new state here already.
  const endings = Object.keys(stateByKind).map((kind) =>
    room.bus.subscribe(`ruling.${kind}`, ({ record }) => {
      if (typeof record === 'string') room.roster.applyRuling(record)
    }),
  )
  endings.push(...followReplicas(room), room.life.follow())
  return {
    target: (slugOrId, organization) => {
      if (organization !== undefined) return room.roster.find(slugOrId, organization)?.target
      return (room.roster.find(slugOrId, defaultOrganization) ?? room.roster.byId(slugOrId))?.target
    },
    targetOfDigest: (digest) => room.roster.byDigest(digest)?.target,
    glance: (record) => room.roster.glance(record)?.target,
    heads: (organization) => room.roster.heads(organization),
    targetsAt: (host, organization) =>
      [...room.roster.at(host)]
        .map(({ target }) => target)
        .filter((target) => organization === undefined || target.organization === organization),
    register: async (caller, registration, signal) => ({
      slug: (await register(room, caller, registration, signal)).slug,
    }),
    import: async (caller, servers, signal) => await importServers(room, caller, servers, signal),
    draft: async (caller, draft, options) => ({
      slug: (await draftFromDocument(room, caller, draft, options)).slug,
    }),
    redraft: async (slugOrId, caller, draft) => await redraft(room, slugOrId, caller, draft),
    issued: (code) => isIssuedHere(code, parts.keyring),
    applyBatch: async (caller, documents, options) => await applyBatch(room, caller, documents, options),
    async apply(caller, document, confirmName) {
      const { held, unchanged } = await applyDocument(room, caller, document, confirmName)
      return { slug: held.slug, unchanged }
    },
    edit: async (slugOrId, caller, change) => await edit(room, slugOrId, caller, change),
    rename: async (slugOrId, caller, request) => ({
      slug: (await rename(room, slugOrId, caller, request)).slug,
    }),
    transfers: createTransfers(room),
    takedowns: createTakedowns(room),
    review: createReview(room),
    advise: async (ruling) => await adviseDependants(room, ruling),
    keepFree: async (organization, slug, until) =>
      await room.life.hold({ organization, slug, record: '', until }),
    accept: async (slugOrId, caller, acceptance) => await accept(room, slugOrId, caller, acceptance),
    putSecret: async (slugOrId, caller, request) => await putSecret(room, slugOrId, caller, request),
    signIn: signInsOf(room),
    step: async (request) => await takeStep(room, request),
    probe: async (slugOrId, organization, person, signal) =>
      await probe(room, slugOrId, organization, person, signal),
    read: async (slugOrId, organization) => await read(room, slugOrId, organization),
    async describe(slugOrId, organization, person, signal) {
      const held = mustFind(room, slugOrId, organization)
      const { record } = await read(room, held.id, organization)
      const { source } = await entryOf(room, held)
      return await describeRecord(room, record, source, person, signal)
    },
    document: async (record) => await room.rows.document(record),
    summaries: (organization, governed, wish) => summaries(room, organization, governed, wish),
    view: async (slugOrId, organization, governed) =>
      await viewOf(room, mustFind(room, slugOrId, organization), governed),
    async rulings(organization, slugOrId) {
      if (slugOrId === undefined) return await room.rulings.newest(organization)
      return await room.rulings.list(mustFind(room, slugOrId, organization).id)
    },
    *allTargets(organization) {
      for (const { id } of room.roster.heads(organization)) yield room.roster.glance(id)!.target
    },
    async source(record) {
      const source = await room.rows.source(record)
      return source !== undefined && 'url' in source ? source.url : undefined
    },
    [Symbol.dispose]() {
      for (const end of endings.splice(0)) end()
      room.roster[Symbol.dispose]()
    },
  }
}

function* summaries(
  room: Room,
  organization: string,
  governed: Governed,
  { after = '', state, search = '' }: SummaryWish = {},
): Iterable<RecordSummary> {
  for (const head of room.roster.heads(organization)) {
    if (head.slug <= after || (state !== undefined && head.state !== state)) continue
    if (!`${head.slug} ${head.title}`.toLowerCase().includes(search)) continue
    yield summaryOf(room, room.roster.glance(head.id)!, governed)
  }
}

function signInsOf(room: Room): Registry['signIn'] {
  return {
    begin: async (slugOrId, caller) => await beginSignIn(room, slugOrId, caller),
    status: async (slugOrId, caller) => await signInStatus(room, slugOrId, caller),
    forget: async (slugOrId, caller) => await forgetSignIn(room, slugOrId, caller),
    setClient: async (slugOrId, caller, settings) => await setSignInClient(room, slugOrId, caller, settings),
    setIdentity: async (slugOrId, caller, idToken) => await setIdentity(room, slugOrId, caller, idToken),
  }
}

async function read(
  room: Room,
  slugOrId: string,
  organization: string,
): Promise<{ readonly record: AgentRecord; readonly target: Target }> {
  const held = mustFind(room, slugOrId, organization)
  const head = headInForce(held.versions, room.rulings)
  const { record } = await bodyInForce(room, await entryOf(room, held), head?.digest)
  return { record, target: held.target }
}
