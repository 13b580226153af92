import type { Profile } from '@ambit/core/record'
import type { RulingKind } from '@ambit/core/ruling'
import type { MandateToken, MandateView, NewMandate, NodeStatus } from '../src/api/types.ts'
import { feed, rules, stops } from './fake-control.ts'
import { approvals, plans, standingApprovals } from './fake-inbox.ts'
import { connectionOf, mandateOf } from './fake-mandates.ts'
import { hanging, proofs } from './fake-proofs.ts'
import { rulingOf, summaryOf, viewOf } from './fake-records.ts'
import type { FakeRecord } from './fake-records.ts'
import type { FakeState } from './fake-state.ts'

export interface Asked {
  readonly state: FakeState
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
}

export type Reply =
  | { readonly status?: number; readonly body: unknown }
  | { readonly status: number; readonly problem: string; readonly title: string; readonly detail: string }
  | undefined

/** Answers one request of the control API, or undefined where there is nothing. */
export async function fakeRoutes(asked: Asked): Promise<Reply> {
  const [noun, id, verb] = asked.path.split('/').slice(1)
  switch (noun) {
    case 'me':
      return { body: asked.state.me }
    case 'people':
      return { body: { people: [{ ...asked.state.me.person, roles: asked.state.me.roles }] } }
    case 'status':
      return { body: statusOf(asked.state) }
    case 'records':
      return records(asked, id, verb)
    case 'certificates':
    case 'agent-keys':
    case 'review':
    case 'transfers':
    case 'domains':
    case 'takedowns':
      return proofs(noun)
    case 'approvals':
      return await approvals(asked, id, verb)
    case 'plans':
      return plans(asked, id, verb)
    case 'standing-approvals':
      return standingApprovals(asked, id)
    case 'mandates':
      return mandates(asked, id, verb)
    case 'acts':
      return await acts(asked, id)
    case 'stops':
      return stops(asked, id, verb)
    case 'rules':
      return rules(asked, id)
    case 'feed':
      return feed(asked, id)
    default:
      return undefined
  }
}

function statusOf(state: FakeState): NodeStatus {
  const { log } = state.acts
  const { name: origin, vkey } = log.signer
  const ledger = { origin, vkey, vkeys: [vkey], state: 'open', size: log.size, publishedSize: log.size }
  const pendingApprovals = state.approvals.filter((card) => card.state === 'pending').length
  return {
    version: '0.1.0',
    enforcing: true,
    engine: 'fake',
    ledgers: [ledger],
    uptimeS: 60,
    inFlight: 0,
    pendingApprovals,
  }
}

function records(
  { state, method, query, body }: Asked,
  slug: string | undefined,
  verb: string | undefined,
): Reply {
  if (slug === undefined) {
    const search = (query.get('search') ?? '').toLowerCase()
    const wanted = query.get('state')
    const found = state.records.filter(
      (each) =>
        `${each.en} ${each.zh ?? ''} ${each.slug} ${each.says}`.toLowerCase().includes(search) &&
        (wanted === null || each.state === wanted),
    )
    return { body: { records: found.map(summaryOf) } }
  }
  const fake = state.records.find((each) => each.slug === slug)
  if (fake === undefined) return undefined
  if (method === 'GET') return { body: hanging(fake, verb) ?? viewOf(fake) }
  return recordVerb(state, fake, verb, body)
}

const steps: Readonly<Record<string, { state: FakeRecord['state']; kind: RulingKind }>> = {
  submit: { state: 'submitted', kind: 'submission' },
  activate: { state: 'active', kind: 'activation' },
  suspend: { state: 'suspended', kind: 'suspension' },
  reinstate: { state: 'active', kind: 'reinstatement' },
  retire: { state: 'retired', kind: 'retirement' },
  recall: { state: 'recalled', kind: 'recall' },
}

function recordVerb(state: FakeState, fake: FakeRecord, verb: string | undefined, body: unknown): Reply {
  const { note, capabilities, profiles } = (body ?? {}) as {
    note?: string
    capabilities?: string[]
    profiles?: Record<string, Profile>
  }
  const changed = () => state.emit('record', { slug: fake.slug })
  if (verb === 'accept') {
    fake.tools = fake.tools.map((tool) => {
      if (capabilities?.includes(tool.id) !== true) return tool
      return { id: tool.id, says: tool.says, profile: profiles?.[tool.id] ?? tool.profile }
    })
    changed()
    return { body: viewOf(fake) }
  }
  if (verb === 'probe') return { body: { reachable: true, changes: [] } }
  if (verb === 'certify') return { body: { certified: true, checks: fake.checks ?? [] } }
  const step = steps[verb ?? '']
  if (step === undefined) return undefined
  fake.state = step.state
  const entry = { kind: step.kind, at: new Date().toISOString(), ...(note === undefined ? {} : { note }) }
  const history = [...fake.history, entry]
  Object.assign(fake, { history })
  changed()
  const ruling = rulingOf(fake, entry, history.length)
  const stopped = state.acts.list[0]?.act ?? ''
  return { body: verb === 'recall' ? { ruling, stopped: 1, acts: [stopped], tookMs: 6.4 } : viewOf(fake) }
}

function mandates({ state, method, body }: Asked, id: string | undefined, verb: string | undefined): Reply {
  if (id === undefined && method === 'GET') return { body: { mandates: state.mandates } }
  if (id === undefined) {
    const view = mandateOf(`man_${state.mandates.length}`, body as NewMandate, 0)
    state.mandates.unshift(view)
    return { status: 201, body: view }
  }
  const at = state.mandates.findIndex((each) => each.id === id)
  const view = state.mandates[at]
  if (view === undefined) return undefined
  if (verb === undefined) return { body: { ...view, tokenList: tokensOf(view) } }
  if (verb === 'revoke') {
    state.mandates[at] = { ...view, state: 'revoked' }
    state.emit('mandate', { id })
    return { body: { revoked: [id], stopped: 0 } }
  }
  state.mandates[at] = { ...view, tokens: view.tokens + 1 }
  const { client = 'mcp-json' } = (body ?? {}) as { client?: string }
  return { status: 201, body: connectionOf(state.origin, client, 'ambm_shown-once') }
}

async function acts({ state, path }: Asked, id: string | undefined): Promise<Reply> {
  if (id === undefined) return { body: { acts: state.acts.list } }
  if (!path.endsWith('/receipt')) return undefined
  const receipt = await state.acts.receipt(id)
  return receipt === undefined ? undefined : { body: receipt }
}

function tokensOf(view: MandateView): MandateToken[] {
  return Array.from({ length: view.tokens }, (_, at) => ({
    id: `tok_${at}`,
    client: 'mcp-json',
    created: view.signed.body.notBefore,
    state: 'active',
  }))
}
