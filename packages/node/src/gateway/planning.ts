import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import type { OpenApprovals, PlanStatus, Suspended } from '../approval/approval.ts'
import type { Holder, OpenAuthority } from '../authority/authority.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import { enterShare } from './admission.ts'
import { Course } from './course.ts'
import type { IngressSink, Intake } from './gateway.ts'
import { judge, refuse } from './judge.ts'
import type { PathParts } from './parts.ts'
import { suspendedOf } from './suspend.ts'

/** One call that an agent means to make. */
export interface PlannedCall {
  readonly target: Target
  readonly capability: TargetCapability
  readonly arguments: unknown
}

/** All that it means to do for one task. Words and arguments are the agent's own. */
export interface PlanIntake {
  readonly holder: Holder
  readonly words: string
  readonly calls: readonly PlannedCall[]
  /** `mcp/2026-07-28` */
  readonly protocolIn: string
  /** W3C trace id where the caller sent one. */
  readonly trace: string | undefined
}

/**
 * What its call meets: `allowed` it is done when it is made; `listed` its person decides about it with the rest of the
 * list; `asked` it cannot stand on a list, and is asked about when it is made; `refused` it would be.
 */
export type StepVerdict = 'allowed' | 'listed' | 'asked' | 'refused'

export interface StepAnswer {
  readonly verdict: StepVerdict
  readonly decision: Decision
}

export interface PlanAnswer {
  /** In the order of the calls. */
  readonly steps: readonly StepAnswer[]
  /** W3C trace id that the acts of the list have in common. */
  readonly trace: string
  /** Left out: nobody has to be asked about any of it with others. */
  readonly list?: PlanStatus
}

/** The door through which the adapters hand in what an agent means to do. */
export interface Planning {
  /** Whether some call of it may need this holder's person. In memory. */
  mayAsk(holder: Holder, target: Target, capability: TargetCapability): boolean
  /**
   * Judges each call without performing it. What would be refused is recorded as refused; what would be asked about
   * goes onto one list for the person. Throws `act.busy`, `act.rate-limited`, `node.draining`, `approval.too-many`,
   * `input.invalid`: nothing is on a list then.
   */
  hand(intake: PlanIntake): Promise<PlanAnswer>
  /** How a list stands; undefined when this holder handed in none of that id. */
  status(id: string, holder: Holder): Promise<PlanStatus | undefined>
  /** Where a person decides it: an address of the console. */
  url(id: string): string
}

export interface PlanningOptions {
  readonly parts: PathParts
  readonly approvals: Pick<OpenApprovals, 'plan' | 'planStatus'>
  readonly authority: Pick<OpenAuthority, 'mayAsk'>
  /** Public address of the node, without a slash at the end; known once it listens. */
  readonly origin: () => string
}

export function createPlanning({ parts, approvals, authority, origin }: PlanningOptions): Planning {
  return {
    mayAsk: ({ chain }, target, capability) => authority.mayAsk(chain, target, capability),
    async hand(intake) {
      const { holder, words } = intake
      const trace = intake.trace ?? parts.ids.next()
      const judged = judgeAll(parts, { ...intake, trace })
      for (const { course, decision, verdict } of judged)
        if (verdict === 'refused') await recordRefusal(course, decision)
      const listed = judged.filter(({ verdict }) => verdict === 'listed')
      const steps = judged.map(({ verdict, decision }) => ({ verdict, decision }))
      if (listed.length === 0) return { trace, steps }
      const suspendeds = listed.map(({ course, decision }): Suspended => suspendedOf(course, decision))
      const { id } = await approvals.plan(suspendeds, words)
      const list = await approvals.planStatus(id, holder.key)
      return list === undefined ? { trace, steps } : { trace, steps, list }
    },
    status: async (id, holder) => await approvals.planStatus(id, holder.key),
    url: (id) => `${origin()}/approvals/plans/${id}`,
  }
}

interface Judged extends StepAnswer {
  readonly course: Course
}

function judgeAll(parts: PathParts, { holder, calls, protocolIn, trace }: PlanIntake): readonly Judged[] {
  if (parts.contents.refusal !== undefined) throw parts.contents.refusal
  return calls.map((call) => {
    const course = new Course(parts, intakeOf({ ...call, holder, protocolIn, trace }), unheard())
    const decision = decided(course)
    return { course, decision, verdict: verdictOf(decision) }
  })
}

/** As any call is judged, in its caller's share; nothing is under way afterwards. */
function decided(course: Course): Decision {
  enterShare(course)
  try {
    return judge(course)
  } finally {
    course.parts.inFlight.remove(course)
  }
}

function verdictOf({ class: decided, obligations }: Decision): StepVerdict {
  if (decided === 'allow') return 'allowed'
  if (decided === 'refuse') return 'refused'
  // One signature for a list is one person's.
  return obligations.includes('second-person') ? 'asked' : 'listed'
}

async function recordRefusal(course: Course, decision: Decision): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const sink = { ...unheard(), refused: () => resolve(), failed: (fault: Fault) => reject(fault) }
    refuse(new Course(course.parts, course.intake, sink, course.id), decision)
  })
}

function intakeOf(of: PlannedCall & Pick<Intake, 'holder' | 'protocolIn' | 'trace'>): Intake {
  return {
    ...of,
    argumentsText: JSON.stringify(of.arguments ?? null),
    // The call comes later, in a message of its own.
    wire: { protocol: of.protocolIn, message: undefined, bytes: Buffer.alloc(0), forward: false },
    stream: false,
    parent: undefined,
    place: undefined,
  }
}

/** Nobody hears of an act that is only judged. */
function unheard(): IngressSink {
  return {
    event: () => true,
    outcome: () => undefined,
    asked: () => undefined,
    refused: () => undefined,
    failed: () => undefined,
  }
}
