import type { Protocol } from '@ambit/core/record'
import type { Bus } from '../bus/bus.ts'
import type { Registry } from '../registry/registry.ts'
import type { TargetCapability } from '../registry/target.ts'
import type { Holder } from '../authority/authority.ts'
import { createAuthentication, createChallenge } from './authentication.ts'
import type { AgentSide, Proves } from './authentication.ts'
import { judgeBack, recordBack } from './back-judgement.ts'
import { BackAct } from './back.ts'
import { check } from './check.ts'
import type { DecisionPoint, Gateway, Visible } from './gateway.ts'
import type { InFlight } from './in-flight.ts'
import type { PathParts } from './parts.ts'
import { resume } from './resume.ts'
import { submit } from './submit.ts'

export interface GatewayOptions {
  readonly parts: PathParts
  readonly registry: Pick<Registry, 'heads' | 'target'>
  readonly bus: Bus
  /** Public address of the node, without a slash at the end; known once it listens. */
  readonly origin: () => string
  /** Reads the proof of a request; left out: no token belongs to a key. */
  readonly proves?: Proves | undefined
  /** Whether clients may log in by themselves; left out: they may not. */
  readonly logsIn?: boolean
  /** Agents that prove who they are by connection or signature; left out: none does. */
  readonly agents?: AgentSide | undefined
}

/** How long what another replica approved is left to that one. */
const resumeElsewhereMs = 500

/** Joins the path of an act to the bus: approvals resume acts, rulings and revocations stop them. */
export function createGateway(options: GatewayOptions): Gateway & DecisionPoint {
  const { parts, bus } = options
  bus.subscribe('approval.approved', ({ id }, _subject, from) => {
    if (typeof id !== 'string') return
    // The replica that was told of it performs it, and another one only if that one does not.
    if (from === 'elsewhere') parts.clock.after(resumeElsewhereMs, () => take(id))
    else take(id)
  })
  function take(id: string): void {
    resume(parts, id).catch((error: unknown) =>
      parts.log.error('approval.not-resumed', { id, error: String(error) }),
    )
  }
  // The replica that revokes stops its own acts itself and counts them; this reaches those of the others.
  bus.subscribe('mandate.revoked', (message) => {
    stopMandates(parts.inFlight, message['ids'] as readonly string[])
  })
  // The same for what another replica ruled, once it was read from the store.
  for (const kind of ['recall', 'takedown', 'suspension'] as const) {
    bus.subscribe(`ruling.${kind}`, ({ record, digests, learned }) => {
      if (learned !== true || typeof record !== 'string') return
      const reason = kind === 'suspension' ? 'record.suspended' : 'record.recalled'
      stopSubject(parts.inFlight, { record, digests: digests as readonly string[], reason })
    })
  }
  return {
    authenticate: createAuthentication(options, parts.authority),
    challenge: createChallenge(options),
    visible: (holder, protocol) => visible(options, holder, protocol),
    submit: (intake, sink) => submit(parts, intake, sink),
    check: async (intake) => await check(parts, intake),
    back(intake, sink) {
      const act = new BackAct(parts, intake, sink)
      act.begin()
      return act
    },
    judgeBack: async (intakes) => await judgeBack(parts, intakes),
    answeredBack: async (answered) => {
      await Promise.all(answered.map(async ({ intake, answer }) => await recordBack(parts, intake, answer)))
    },
    approval: async (id, holder) => await parts.approvals.get(id, holder.key),
    withdraw: async (id, holder) => await parts.approvals.withdraw(id, holder.key),
    receiptOf: async (act, wish) => await parts.receipts.find(act, wish),
    approvalUrl: (id) => `${options.origin()}/approvals/${id}`,
  }
}

/** Stops the acts under any of these mandates and gives their ids. */
export function stopMandates(inFlight: InFlight, mandates: readonly string[]): string[] {
  const ids = new Set(mandates)
  return inFlight.stop(
    (act) => act.links.some((link) => ids.has(link)),
    'mandate.revoked',
    'the mandate was revoked while the act was under way',
  )
}

/** Stops the acts a ruling ends: those that call its subject, and those its subject makes. */
export function stopSubject(inFlight: InFlight, subject: StoppedSubject): string[] {
  const digests = new Set<string>(subject.digests)
  return inFlight.stop(
    (act) => digests.has(act.targetDigest) || act.callerAgent === subject.record,
    subject.reason,
    subject.reason === 'record.recalled'
      ? 'recalled while the act was under way'
      : 'suspended while the act was under way',
  )
}

export interface StoppedSubject {
  readonly digests: readonly string[]
  /** AIC. */
  readonly record: string
  readonly reason: 'record.recalled' | 'record.suspended'
}

function visible(options: GatewayOptions, holder: Holder, protocol: Protocol): readonly Visible[] {
  const all: Visible[] = []
  const { registry, parts } = options
  for (const head of registry.heads(holder.organization)) {
    if (head.state !== 'active' || !head.protocols.includes(protocol)) continue
    // Only what the mandate may name is read.
    const target = parts.authority.mayReach(holder.chain, head) ? registry.target(head.id) : undefined
    if (target === undefined) continue
    const capabilities: TargetCapability[] = []
    for (const capability of target.capabilities.values()) {
      if (!capability.held && parts.authority.mayCall(holder.chain, target, capability)) {
        capabilities.push(capability)
      }
    }
    if (capabilities.length > 0) all.push({ target, capabilities })
  }
  return all
}
