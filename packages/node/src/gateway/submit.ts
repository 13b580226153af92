import { Fault } from '@ambit/core/fault'
import { enterShare } from './admission.ts'
import { Course } from './course.ts'
import type { ActHandle, IngressSink, Intake } from './gateway.ts'
import { judge, refuse } from './judge.ts'
import type { PathParts } from './parts.ts'
import { perform } from './perform.ts'
import { suspend } from './suspend.ts'

/** The path of an act: judge, then perform, suspend or refuse. Never throws; the sink hears everything. */
export function submit(parts: PathParts, intake: Intake, sink: IngressSink): ActHandle {
  const course = new Course(parts, intake, sink)
  try {
    if (parts.contents.refusal !== undefined) throw parts.contents.refusal
    enterShare(course)
    const decision = judge(course)
    if (decision.class === 'allow') perform(course)
    else if (decision.class === 'ask') suspend(course, decision)
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
