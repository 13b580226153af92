import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Pending } from '@ambit/node/approval/approval'
import type { Authentication, Holder } from '@ambit/node/authority/authority'
import { createChallenge } from '@ambit/node/gateway/authentication'
import type { Egress, Performance } from '@ambit/node/gateway/egress'
import type { Gateway, IngressSink, Intake } from '@ambit/node/gateway/gateway'
import { SubjectKeys } from '@ambit/node/identity/identity'
import type { Target } from '@ambit/node/registry/target'
import { askStraight, openBack } from './back.ts'

/** A gateway that judges nothing: it does what `decide` says and otherwise lets every act through to the egress. */
export interface OpenGateway extends Gateway {
  readonly intakes: Intake[]
  /** Why acts were cancelled from the caller's side. */
  readonly cancelled: string[]
  /** Outcomes, oldest first. */
  readonly outcomes: Outcome[]
  /** Approvals by id; change one and tell whoever listens. */
  readonly pendings: Map<string, Pending>
  /** Resolves with the next outcome. */
  nextOutcome(): Promise<Outcome>
}

export interface OpenGatewayOptions {
  readonly egress: Egress
  readonly targets: readonly Target[]
  /** Holders by token. */
  readonly holders: ReadonlyMap<string, Holder>
  readonly decide?: (intake: Intake) => Pending | Decision | Fault | undefined
}

const noAct = '0'.repeat(32)

export function createOpenGateway(options: OpenGatewayOptions): OpenGateway {
  const intakes: Intake[] = []
  const cancelled: string[] = []
  const outcomes: Outcome[] = []
  const pendings = new Map<string, Pending>()
  let listeners: ((outcome: Outcome) => void)[] = []
  let acts = 0
  function perform(intake: Intake, sink: IngressSink): { id: string; performance: Performance } {
    const act = (++acts).toString(16).padStart(32, '0')
    const performance = options.egress.perform(
      {
        act,
        trace: intake.trace ?? act,
        target: intake.target,
        capability: intake.capability,
        arguments: intake.arguments,
        wire: intake.wire.forward ? intake.wire : undefined,
        ...(intake.wire.headers === undefined ? {} : { wireHeaders: intake.wire.headers }),
        holder: intake.holder.key,
        headers: [],
        stream: intake.stream,
        operation: intake.operation,
        reversibility: 3,
      },
      {
        event: (event) => sink.event(event),
        ask: askStraight(sink),
        outcome(result) {
          const outcome: Outcome = { ...result, type: 'outcome', startedAt: 0, durationMs: 0 }
          outcomes.push(outcome)
          sink.outcome(outcome, act)
          for (const listener of listeners.splice(0)) listener(outcome)
        },
      },
    )
    return { id: act, performance }
  }
  return {
    ...openBack,
    intakes,
    cancelled,
    outcomes,
    pendings,
    nextOutcome: async () =>
      await new Promise((resolve) => {
        listeners = [...listeners, resolve]
      }),
    authenticate: (authorization) => authenticate(options.holders, authorization),
    challenge: createChallenge({ origin: () => 'http://localhost:7100' }),
    visible: () =>
      options.targets.map((target) => ({ target, capabilities: [...target.capabilities.values()] })),
    submit(intake, sink) {
      intakes.push(intake)
      const decided = options.decide?.(intake)
      if (decided !== undefined) {
        tell(sink, decided)
        return { id: noAct, cancel: () => undefined, resume: () => undefined }
      }
      const { id, performance } = perform(intake, sink)
      return {
        id,
        cancel(reason) {
          cancelled.push(reason)
          performance.cancel(reason)
        },
        resume: () => performance.resume(),
      }
    },
    approval: async (id, holder) => {
      const pending = pendings.get(id)
      return await Promise.resolve(pending?.holder === holder.key ? pending : undefined)
    },
    withdraw: async (id, holder) => {
      const pending = pendings.get(id)
      if (pending?.holder !== holder.key) return await Promise.resolve(undefined)
      const withdrawn: Pending = {
        ...pending,
        state: 'void',
        outcome: { status: 'cancelled', error: { code: 'approval.withdrawn', detail: 'taken back' } },
      }
      if (pending.state === 'pending') pendings.set(id, withdrawn)
      return await Promise.resolve(pendings.get(id))
    },
    receiptOf: async (act) =>
      await Promise.resolve({ act, url: `http://node.example/api/acts/${act}/receipt`, log: 'test' }),
    approvalUrl: (id) => `http://console.example/approvals/${id}`,
  }
}

function tell(sink: IngressSink, decided: Pending | Decision | Fault): void {
  if (decided instanceof Fault) sink.failed(decided)
  else if ('class' in decided) sink.refused(decided, noAct)
  else sink.asked(decided, { class: 'ask', reasons: [], obligations: [] })
}

function authenticate(
  holders: ReadonlyMap<string, Holder>,
  authorization: string | undefined,
): Authentication {
  if (authorization === undefined) return { ok: false, code: 'auth.missing', detail: 'there is no token' }
  const holder = holders.get(authorization.replace(/^Bearer /, ''))
  if (holder === undefined)
    return { ok: false, code: 'auth.unknown-token', detail: 'this node does not know that token' }
  return { ok: true, holder }
}

/** Whoever holds a token named `name`. */
export function testHolder(name: string): Holder {
  const digest = `sha256:${'0'.repeat(64)}` as const
  return {
    key: `did:key:z6Mk${name}`,
    subject: `p_${name}`,
    organization: 'org',
    agent: undefined,
    callers: [`did:key:z6Mk${name}`, `p_${name}`],
    chain: {
      mandates: [],
      links: [`m_${name}`],
      digest,
      expiresAt: Number.MAX_SAFE_INTEGER,
      revoked: false,
      bounded: false,
    },
    subjectKeys: new SubjectKeys(Buffer.alloc(32, 1), '2026h2'),
  }
}
