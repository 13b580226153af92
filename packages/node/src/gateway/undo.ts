import type { Outcome } from '@ambit/core/act'
import { Fault } from '@ambit/core/fault'
import type { UndoingAct, UndoingEnd } from '../outbox/outbox.ts'
import { enterShare } from './admission.ts'
import { Course } from './course.ts'
import type { IngressSink, Intake } from './gateway.ts'
import { judge, judgeAgain, refuse } from './judge.ts'
import type { PathParts } from './parts.ts'
import { perform } from './perform.ts'

/**
 * Performs what undoes another act: under the same mandates, judged and recorded like any act, and never held. What
 * would be asked is answered by the person who says so in a session, unless more than one word is owed; a refusal
 * stands. Never rejects.
 */
export async function performUndo(parts: PathParts, undoing: UndoingAct): Promise<UndoingEnd> {
  return await new Promise((resolve) => {
    const course = new Course(parts, intakeOf(undoing), sinkOf(resolve), undoing.act)
    course.undoes = undoing.undoes
    begin(course, undoing, resolve).catch((error: unknown) => {
      leave(course)
      course.sink.failed(Fault.from(error))
    })
  })
}

async function begin(
  course: Course,
  { approve }: UndoingAct,
  resolve: (end: UndoingEnd) => void,
): Promise<void> {
  if (course.parts.contents.refusal !== undefined) throw course.parts.contents.refusal
  enterShare(course)
  const decision = judge(course)
  if (decision.class === 'refuse') {
    refuse(course, decision)
    return
  }
  if (decision.class === 'ask') {
    const owes = decision.obligations.some((each) => each === 'step-up' || each === 'second-person')
    if (owes || approve === undefined) {
      leave(course)
      resolve({ status: 'asked', code: 'user.ask', detail: owes ? owesMore : asksPerson })
      return
    }
    course.approval = await approve()
    // A recall or a revocation may have come while that was written.
    const refused = judgeAgain(course)
    if (refused !== undefined) {
      refuse(course, refused)
      return
    }
  }
  perform(course)
}

const asksPerson = 'what undoes it would be asked of the person'
const owesMore = 'what undoes it needs a passkey or a second person, so it is called as an act of its own'

function leave(course: Course): void {
  course.over = true
  course.parts.inFlight.remove(course)
}

function intakeOf(undoing: UndoingAct): Intake {
  return {
    holder: undoing.holder,
    target: undoing.target,
    capability: undoing.capability,
    arguments: undoing.arguments,
    argumentsText: JSON.stringify(undoing.arguments),
    protocolIn: 'ambit/1',
    // The message is made anew, in the words of the target's protocol.
    wire: { protocol: 'ambit/1', message: undefined, bytes: Buffer.alloc(0), forward: false },
    stream: false,
    trace: undoing.trace,
    parent: undoing.undoes,
    place: undefined,
  }
}

function sinkOf(resolve: (end: UndoingEnd) => void): IngressSink {
  return {
    event: () => true,
    outcome: (outcome) => resolve(endOf(outcome)),
    refused({ reasons: [first] }) {
      resolve({
        status: 'refused',
        code: first?.code ?? 'act.refused',
        detail: first?.what ?? 'it was refused',
      })
    },
    failed: ({ code, detail }) => resolve({ status: 'failed', code, detail }),
    asked: () => undefined,
  }
}

function endOf({ status, error, value, wire }: Outcome): UndoingEnd {
  if (status !== 'completed')
    return {
      // What is undone is performed here, and so observed.
      status: status === 'not-observed' ? 'unknown' : status,
      code: error?.code ?? 'act.unknown',
      detail: error?.detail ?? 'it did not succeed',
    }
  return { status, result: value ?? (wire === undefined ? undefined : readJson(wire)) }
}

function readJson(wire: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(wire).toString('utf8')) as unknown
  } catch {
    // Not an answer this node reads; that it came is what counts.
    return undefined
  }
}
