import { Fault } from '@ambit/core/fault'
import type { ReceiptWish } from '@ambit/core/wire/receipt-wish'
import { enterShare } from './admission.ts'
import { claim } from './claim.ts'
import { Course } from './course.ts'
import { isDraft, refuseWithDraft } from './draft.ts'
import type { ActHandle, IngressSink, Intake } from './gateway.ts'
import { hold } from './hold.ts'
import { judge, refuse } from './judge.ts'
import type { PathParts } from './parts.ts'
import { perform } from './perform.ts'
import { ReceiptWatch } from './receipt-watch.ts'
import { suspend } from './suspend.ts'

/** The path of an act: judge, then perform, hold, suspend or refuse. Never throws; the sink hears everything. */
export function submit(parts: PathParts, intake: Intake, sink: IngressSink): ActHandle {
  return intake.receipt === undefined
    ? start(parts, new Course(parts, intake, sink), sink)
    : startWatched(parts, intake, sink, intake.receipt)
}

/** For a caller that wants the receipt with the answer. */
function startWatched(parts: PathParts, intake: Intake, sink: IngressSink, wish: ReceiptWish): ActHandle {
  const act = parts.ids.next()
  const watch = new ReceiptWatch(parts, act, wish, sink)
  return start(watch.parts, new Course(watch.parts, intake, watch, act), watch)
}

function start(parts: PathParts, course: Course, sink: IngressSink): ActHandle {
  try {
    if (parts.contents.refusal !== undefined) throw parts.contents.refusal
    enterShare(course)
    if (course.intake.claim !== undefined) {
      claim(course, course.intake.claim)
      return course
    }
    const decision = judge(course)
    const { holdMs = 0 } = decision
    if (decision.class === 'allow' && holdMs > 0) hold(course, decision, holdMs)
    else if (decision.class === 'allow') perform(course)
    else if (decision.class === 'ask') suspend(course, decision)
    else if (isDraft(decision)) refuseWithDraft(course, decision)
    else refuse(course, decision)
  } catch (error) {
    parts.inFlight.remove(course)
    course.over = true
    const fault = Fault.from(error)
    if (fault.code === 'internal') parts.log.error('act.failed', { act: course.id, error: String(error) })
    sink.failed(fault)
  }
  return course
}
