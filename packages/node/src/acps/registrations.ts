import { Fault } from '@ambit/core/fault'
import { parseAic } from '@ambit/core/id/aic'
import type {
  AgentDraft,
  AgentListQuery,
  ApprovalStatus,
  RegisteredAgent,
} from '@ambit/core/wire/acps/registration'
import type { Clock } from '../kernel/clock.ts'
import type { Caller } from '../kernel/route.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Projection } from '../projection/projection.ts'
import type { DocumentDraft, Registry } from '../registry/registry.ts'
import type { Target, TargetHead } from '../registry/target.ts'
import type { Response } from '../response/response.ts'
import { requireOperator } from './access.ts'
import { showAgent, statusOf } from './agent-view.ts'
import type { ViewParts } from './agent-view.ts'
import { instancesOf } from './classes.ts'
import type { DecisionReader, DecisionRow, DecisionWriter } from './decision-store.ts'
import { specificationOf } from './specification.ts'

/** Names tried when others have the one made of the specification. */
const slugTriesMax = 50

export interface AgentPage {
  readonly items: readonly RegisteredAgent[]
  readonly total: number
  readonly page_num: number
  readonly page_size: number
}

/** Registration as clients of ACPs know it, over the records of the caller's organisation. Others' are not there. */
export interface Registrations {
  create(caller: Caller, draft: AgentDraft): Promise<RegisteredAgent>
  update(caller: Caller, id: string, draft: AgentDraft): Promise<RegisteredAgent>
  read(caller: Caller, id: string): Promise<RegisteredAgent>
  list(caller: Caller, query: AgentListQuery): Promise<AgentPage>
  submit(caller: Caller, id: string): Promise<RegisteredAgent>
  cancel(caller: Caller, id: string): Promise<RegisteredAgent>
  /** Of an ontology its entities too. */
  remove(caller: Caller, id: string, reason: string | undefined): Promise<void>
  process(
    caller: Caller,
    id: string,
    decision: { readonly approve: boolean; readonly comments: string | undefined },
  ): Promise<RegisteredAgent>
  disable(caller: Caller, id: string, reason: string | undefined): Promise<RegisteredAgent>
  enable(caller: Caller, id: string): Promise<RegisteredAgent>
}

export interface RegistrationParts extends ViewParts {
  readonly registry: Registry
  readonly projection: Projection
  readonly response: Pick<Response, 'suspend' | 'reinstate'>
  readonly decisions: DecisionReader & DecisionWriter
  readonly clock: Clock
}

export function createRegistrations(parts: RegistrationParts): Registrations {
  const { registry, projection, response, decisions } = parts
  // Two at once are not both the first of their name.
  const turns = createTurns()
  const show = async (caller: Caller, { id }: Target) =>
    await showAgent(parts, id, caller.organization, await decisions.decision(id))

  /** The agent, if it is at one of these steps. Throws `input.not-found`, `acps.status`, `auth.role`. */
  async function at(caller: Caller, id: string, ...wanted: readonly ApprovalStatus[]): Promise<Target> {
    requireOperator(caller)
    const target = find(registry, caller, id)
    const status = statusOf(target, await decisions.decision(target.id))
    if (wanted.includes(status)) return target
    throw new Fault('acps.status', { detail: `the agent is ${status}, not ${wanted.join(' or ')}` })
  }
  return {
    async create(caller, given) {
      requireOperator(caller)
      const draft = specificationOf(projection, given)
      const target = await turns.take(caller.organization, async () => {
        refuseSame(registry, caller, draft)
        return await addDraft(registry, caller, draft, given.is_ontology === true)
      })
      return await show(caller, target)
    },
    async update(caller, id, given) {
      const target = await at(caller, id, 'DRAFT', 'REJECTED')
      const isOntology = parseAic(target.id)?.isOntology === true
      if (given.is_ontology !== undefined && given.is_ontology !== isOntology)
        throw new Fault('acps.specification', {
          detail: 'whether it is an ontology does not change',
          where: 'is_ontology',
          remedy: 'Delete this one and register another.',
        })
      const draft = specificationOf(projection, given)
      await turns.take(caller.organization, async () => {
        refuseSame(registry, caller, draft, target.id)
        await registry.redraft(target.id, caller, draft)
      })
      return await show(caller, target)
    },
    read: async (caller, id) => await show(caller, find(registry, caller, id)),
    list: async (caller, query) => await list(parts, caller, query),
    async submit(caller, id) {
      const target = await at(caller, id, 'DRAFT', 'REJECTED')
      const { draft } = await registry.view(target.id, caller.organization, parts.governed)
      // What was taken back or turned down and is the same still is submitted already: the word about it goes.
      if (draft) await registry.step({ ...order(caller, target), step: 'submission' })
      await decisions.forget(target.id)
      return await show(caller, target)
    },
    async cancel(caller, id) {
      const target = await at(caller, id, 'PENDING')
      await decide(parts, caller, target, 'withdrawn', undefined)
      return await show(caller, target)
    },
    async remove(caller, id, reason) {
      requireOperator(caller)
      const target = find(registry, caller, id)
      const instances = instancesOf(registry.heads(caller.organization), target.id)
      for (const each of [...instances, target]) {
        await registry.step({ ...order(caller, each, reason), step: 'retirement' })
        await decisions.forget(each.id)
      }
    },
    async process(caller, id, { approve, comments }) {
      const target = await at(caller, id, 'PENDING')
      if (approve) {
        await registry.step({ ...order(caller, target, comments), step: 'activation' })
        await decisions.forget(target.id)
      } else {
        await decide(parts, caller, target, 'rejected', comments)
        await registry.review.comment(target.id, caller, `Rejected. ${comments ?? ''}`.trim())
      }
      return await show(caller, target)
    },
    async disable(caller, id, reason) {
      const target = await at(caller, id, 'APPROVED')
      await response.suspend(order(caller, target, reason))
      return await show(caller, target)
    },
    async enable(caller, id) {
      const target = await at(caller, id, 'APPROVED')
      await response.reinstate(order(caller, target))
      return await show(caller, target)
    },
  }
}

/** The agent of the caller's organisation; of others nobody learns whether they are there. Throws `input.not-found`. */
function find(registry: Pick<Registry, 'target'>, { organization }: Caller, id: string): Target {
  const target = registry.target(id, organization)
  if (target?.organization === organization && target.kind === 'agent' && target.state !== 'retired')
    return target
  throw new Fault('input.not-found', { detail: 'the organisation has no such agent', where: 'id' })
}

function order({ organization, person }: Caller, { id }: { readonly id: string }, note?: string) {
  return { record: id, organization, person, ...(note ? { note } : {}) }
}

async function decide(
  { decisions, clock }: RegistrationParts,
  { organization, person }: Caller,
  { id, digest }: Target,
  decision: DecisionRow['decision'],
  comments: string | undefined,
): Promise<void> {
  await decisions.decide({
    record: id,
    organization,
    digest,
    decision,
    comments: comments ?? null,
    decided_by: person,
    decided: clock.now(),
  })
}

/** A name and version together stand for one agent of an organisation. Throws `input.conflict`. */
function refuseSame(registry: Registry, { organization }: Caller, draft: DocumentDraft, but?: string): void {
  const name = draft.members.name.en ?? draft.members.name.zh ?? ''
  for (const { id, kind, title } of registry.heads(organization)) {
    if (kind !== 'agent' || id === but || title !== name) continue
    if (numberOf(registry.glance(id)?.version) !== numberOf(draft.members.version)) continue
    throw new Fault('input.conflict', {
      detail: 'the organisation has an agent of that name and version already',
      where: 'name',
    })
  }
}

/** Another document under the same number is a build of it. */
function numberOf(version: string | undefined): string | undefined {
  return version?.split('+', 1)[0]
}

/** Under the first name for addresses that is free: clients of ACPs do not choose one. */
async function addDraft(
  registry: Registry,
  caller: Caller,
  draft: DocumentDraft,
  isOntology: boolean,
): Promise<Target> {
  const as = isOntology ? ('class' as const) : undefined
  for (let count = 1; ; count++) {
    const names = count === 1 ? draft.names : draft.names.map((name) => `${name.slice(0, 55)} ${count}`)
    try {
      const { slug } = await registry.draft(caller, { ...draft, names }, { as })
      return find(registry, caller, slug)
    } catch (error) {
      const isTaken = Fault.is(error, 'record.name-taken') || Fault.is(error, 'record.name-held')
      if (!isTaken || count === slugTriesMax) throw error
    }
  }
}

async function list(parts: RegistrationParts, caller: Caller, query: AgentListQuery): Promise<AgentPage> {
  const { registry, decisions } = parts
  const { organization } = caller
  const { page_num, page_size } = query
  const decided = new Map((await decisions.decisions(organization)).map((row) => [row.record, row]))
  const found: string[] = []
  for (const head of registry.heads(organization))
    if (isWanted(registry, head, query, decided.get(head.id))) found.push(head.id)
  const items: RegisteredAgent[] = []
  for (const id of found.slice((page_num - 1) * page_size, page_num * page_size))
    items.push(await showAgent(parts, id, organization, decided.get(id)))
  return { items, total: found.length, page_num, page_size }
}

/** By what is in memory of every record; only what is asked for beyond that is looked up. */
function isWanted(
  registry: Registry,
  { id, kind, state, title }: TargetHead,
  { name, version, statuses, aic, is_deleted, is_disabled, is_ontology }: AgentListQuery,
  decision: DecisionRow | undefined,
): boolean {
  if (kind !== 'agent' || is_deleted === 'true' || (name !== undefined && title !== name)) return false
  if (!fits(is_ontology, parseAic(id)?.isOntology === true)) return false
  const digest = decision === undefined ? '' : (registry.glance(id)?.digest ?? '')
  const status = statusOf({ state, digest }, decision)
  const isApproved = status === 'APPROVED'
  return (
    (statuses.length === 0 || statuses.includes(status)) &&
    fits(is_disabled, isApproved && state !== 'active') &&
    (aic === undefined || (isApproved && id === parseAic(aic)?.text)) &&
    (version === undefined || numberOf(registry.glance(id)?.version) === numberOf(version))
  )
}

function fits(wanted: 'true' | 'false' | undefined, is: boolean): boolean {
  return wanted === undefined || (wanted === 'true') === is
}
