import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision, Reason } from '@ambit/core/decision'
import type { Digest } from '@ambit/core/digest'
import type { Fault } from '@ambit/core/fault'
import type { Pending } from '../approval/approval.ts'
import type { Holder } from '../authority/authority.ts'
import { createLocalBus } from '../bus/local.ts'
import { keepsNothing } from '../contents/contents.ts'
import { SubjectKeys } from '../identity/identity.ts'
import { systemClock } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { createIds } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { Egress, EgressSink, Outbound } from './egress.ts'
import type { IngressSink, Intake } from './gateway.ts'
import { HoldWaits } from './hold-waits.ts'
import { InFlight } from './in-flight.ts'
import type { PathParts } from './parts.ts'
import { Traffic } from './traffic.ts'
import type { TrafficLimits } from './traffic.ts'

/** Parts for tests of the path: what they do is told step by step in `story`, and the test decides when. */
export interface PathStory {
  readonly parts: PathParts
  readonly story: string[]
  readonly entries: string[]
  /** Makes everything that waits durable, or fails it. */
  sync(fault?: Fault): void
  readonly upstream: {
    outbound: Outbound
    sink: EgressSink
    cancelled: string | undefined
    resumed: number
  }[]
  decision: Decision
  exhausted: Reason | undefined
  released: number
  charged: number
  lapsed: Reason | undefined
  epoch: number
}

const oneCall = { calls: 1, bytesOut: 0, money: undefined }
const digest: Digest = `sha256:${'d'.repeat(64)}`

export function aCapability(reversibility: 0 | 1 | 2 | 3 = 0): TargetCapability {
  return {
    id: 'get_weather',
    definition: digest,
    profile: { effect: 'read', reversibility, roles: {}, integrity: {}, dataClasses: [] },
    accepted: true,
    held: false,
    served: { name: 'get_weather', inputSchema: { type: 'object' } },
  }
}

export function aTarget(capability: TargetCapability = aCapability()): Target {
  return {
    id: '1.2.156.3088.1.1.1.1.1.0000',
    slug: 'weather',
    organization: 'main',
    kind: 'tool-server',
    digest,
    version: '1.0.0',
    state: 'active',
    ruling: undefined,
    title: 'Weather',
    interfaces: [
      {
        protocol: 'mcp',
        version: 'x',
        url: 'http://127.0.0.1:1/',
        transport: 'streamable-http',
        security: [],
      },
    ],
    capabilities: new Map([[capability.id, capability]]),
  }
}

export function aHolder(): Holder {
  return {
    key: 'did:key:zHolder',
    subject: 'p_1',
    organization: 'main',
    agent: undefined,
    callers: ['did:key:zHolder', 'p_1'],
    chain: {
      mandates: [],
      links: ['m_root', 'm_leaf'],
      digest,
      expiresAt: Infinity,
      revoked: false,
      bounded: false,
    },
    subjectKeys: new SubjectKeys(Buffer.alloc(32, 7), '2026h2'),
  }
}

export function anIntake(capability: TargetCapability = aCapability()): Intake {
  return {
    holder: aHolder(),
    target: aTarget(capability),
    capability,
    arguments: { city: 'Hangzhou' },
    argumentsText: '{"city":"Hangzhou"}',
    protocolIn: 'mcp/x',
    wire: { protocol: 'mcp/x', message: {}, bytes: Buffer.from('{}'), forward: true },
    stream: false,
    trace: undefined,
    parent: undefined,
    place: undefined,
  }
}

const roomy: TrafficLimits = {
  callerActsMax: 1000,
  callerPerSecond: 100_000,
  upstreamActsMax: 1000,
  upstreamPerSecond: 100_000,
}

export function aPath(clock: Clock = systemClock, limits: TrafficLimits = roomy): PathStory {
  const story: string[] = []
  const entries: string[] = []
  const waiting: ((fault: Fault | undefined, index: number) => void)[] = []
  const upstream: PathStory['upstream'] = []
  const egress = recordingEgress(story, upstream)
  function append(entry: string, done: (fault: Fault | undefined, index: number) => void): void {
    story.push((JSON.parse(entry) as { kind: string }).kind)
    entries.push(entry)
    waiting.push(done)
  }
  const path: PathStory = {
    story,
    entries,
    upstream,
    decision: { class: 'allow', reasons: [], obligations: [] },
    exhausted: undefined,
    released: 0,
    charged: 0,
    lapsed: undefined,
    epoch: 1,
    sync(fault) {
      for (const done of waiting.splice(0)) {
        story.push(fault === undefined ? 'durable' : 'not durable')
        done(fault, fault === undefined ? entries.length : -1)
      }
    },
    parts: {
      authority: {
        authenticate: () => ({ ok: false, code: 'auth.missing', detail: '' }),
        decide: () => path.decision,
        mayCall: () => true,
        mayReach: () => true,
        reserve: () => path.exhausted,
        cost: () => oneCall,
        charge: () => void path.charged++,
        lapsed: () => path.lapsed,
        release: () => void path.released++,
        holderOf: () => aHolder(),
        wake: async () => aHolder(),
        delegationRefusal: () => undefined,
        delegate: async () => 'ambm_handed_on',
      },
      targets: { target: () => undefined, targetOfDigest: () => undefined },
      rulings: {
        get epoch() {
          return path.epoch
        },
      },
      ledger: { append, appendPatiently: append },
      receipts: noReceipts,
      contents: keepsNothing,
      approvals: {
        ask: async (suspended) => aPending(suspended.act),
        draft: async (suspended) => aPending(suspended.act),
        standing: () => undefined,
        hold: async (suspended) => aPending(suspended.act),
        get: async () => undefined,
        asked: async () => undefined,
        withdraw: async () => undefined,
        leave: async () => undefined,
        find: async () => undefined,
        step: async () => undefined,
        claim: async () => undefined,
        finish: async () => undefined,
        void: async () => undefined,
      },
      holdWaits: new HoldWaits(createLocalBus(silentLog), clock, 10_000),
      observe: false,
      vault: { peek: () => null, get: async () => undefined },
      signIns: { peek: () => null, authorization: async () => undefined, refused: async () => undefined },
      signInUrl: (slug) => `http://localhost/registry/${slug}/sign-in`,
      egresses: new Map([['mcp', egress]]),
      inFlight: new InFlight(),
      replica: undefined,
      traffic: new Traffic(clock, limits),
      metrics: { act: () => undefined, observed: () => undefined },
      clock,
      ids: createIds(clock),
      log: silentLog,
    },
  }
  return path
}

/** Sends nothing and answers nothing by itself: it keeps what it was to send. */
function recordingEgress(story: string[], upstream: PathStory['upstream']): Egress {
  return {
    protocol: 'mcp',
    perform(outbound, sink) {
      story.push('send')
      const call: PathStory['upstream'][number] = { outbound, sink, cancelled: undefined, resumed: 0 }
      upstream.push(call)
      return {
        cancel(reason) {
          call.cancelled = reason
          sink.outcome({ status: 'cancelled', error: { code: 'act.cancelled', detail: reason } })
        },
        resume: () => void call.resumed++,
      }
    },
    close: async () => undefined,
  }
}

/** For tests whose callers do not ask; `find` answers with a handle. */
const handle = (act: string) => ({ act, url: `http://localhost/api/acts/${act}/receipt`, log: 'test' })
const noReceipts: PathParts['receipts'] = {
  handle,
  answer: async (act) => handle(act),
  find: async (act) => handle(act),
}

function aPending(act: string): Pending {
  return {
    id: 'ap_1',
    act,
    state: 'pending',
    holder: 'did:key:zHolder',
    subject: 'p_1',
    organization: 'main',
    expiresAt: 0,
  }
}

/** A sink that keeps what it heard. */
export interface HeardSink extends IngressSink {
  readonly heard: (string | Outcome | Decision | Fault | Pending | ActEvent)[]
}

export function aSink(): HeardSink {
  const heard: HeardSink['heard'] = []
  return {
    heard,
    event: (event) => heard.push(event) > 0,
    outcome: (outcome) => void heard.push(outcome),
    asked: (pending) => void heard.push(pending),
    refused: (decision) => void heard.push(decision),
    failed: (fault) => void heard.push(fault),
  }
}
