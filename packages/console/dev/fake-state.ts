import type { ServerResponse } from 'node:http'
import type { ApprovalCard, ApprovalState, Plan, StandingApproval } from '../src/api/approval-types.ts'
import type { MandateView, Me } from '../src/api/types.ts'
import { fakeActs } from './fake-acts.ts'
import type { FakeActs } from './fake-acts.ts'
import { cardOf } from './fake-approvals.ts'
import type { FakeAsk } from './fake-approvals.ts'
import { fakeMandates } from './fake-mandates.ts'
import type { FakeRecord } from './fake-records.ts'
import { fakeRecords } from './fake-world.ts'

export interface FakeState {
  origin: string
  readonly signInToken: string
  signInSpent: boolean
  readonly sessions: Set<string>
  me: Me
  readonly records: FakeRecord[]
  readonly approvals: ApprovalCard[]
  readonly plans: Plan[]
  readonly standing: StandingApproval[]
  /** Single approvals rest. */
  rest: boolean
  readonly mandates: MandateView[]
  readonly acts: FakeActs
  readonly listeners: Set<ServerResponse>
  ask(ask: FakeAsk): string
  decide(id: string, decided: ApprovalState): void
  emit(event: string, data: unknown): void
}

export async function fakeState(): Promise<FakeState> {
  const state: FakeState = {
    origin: 'http://localhost',
    signInToken: 'one-time-token',
    signInSpent: false,
    sessions: new Set(),
    me: {
      person: { id: 'per_01hzx3', name: 'Lin Qiao' },
      organization: { id: 'main', name: 'Harbour Works' },
      roles: ['owner'],
      by: 'session',
    },
    records: fakeRecords(),
    approvals: [],
    plans: [],
    standing: [],
    rest: false,
    mandates: fakeMandates(),
    acts: await fakeActs(),
    listeners: new Set(),
    ask(ask) {
      const card = cardOf(ask)
      state.approvals.push(card)
      state.emit('approval', { id: card.id, state: 'pending' })
      return card.id
    },
    decide(id, decided) {
      const at = state.approvals.findIndex((card) => card.id === id)
      const card = state.approvals[at]
      if (card === undefined) return
      const decision = { decidedBy: state.me.person.id, decidedAt: new Date().toISOString() }
      state.approvals[at] = { ...card, ...decision, state: decided }
      state.emit('approval', { id, state: decided })
    },
    emit(event, data) {
      for (const response of state.listeners)
        response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
  }
  return state
}
