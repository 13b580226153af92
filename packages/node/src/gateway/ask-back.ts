import type { BackAnswer, BackQuestion } from './back.ts'
import { BackAct } from './back.ts'
import type { Course } from './course.ts'

/** Questions of one target open at once within one act: more is a flood. */
const questionsMax = 64

/** A target turns to its caller while it performs an act. Gives what takes the question back. */
export function askBack(
  course: Course,
  question: BackQuestion,
  answered: (answer: BackAnswer) => void,
): () => void {
  const { intake, sink } = course
  course.questions ??= new Set()
  const { questions } = course
  if (course.over || questions.size >= questionsMax) {
    answered({ status: 'failed', error: course.over ? ended : tooMany })
    return () => undefined
  }
  const act = new BackAct(
    course.parts,
    {
      holder: intake.holder,
      target: intake.target,
      parent: course.id,
      trace: course.trace,
      question,
      protocolOut: intake.protocolIn,
    },
    {
      deliver: (id, answer) => sink.asks?.(question, id, answer),
      over(answer) {
        questions.delete(act)
        answered(answer)
      },
    },
  )
  questions.add(act)
  act.begin()
  return () => act.stop('act.cancelled', 'the one who asked took the question back')
}

/** The act ended: nobody needs the answers any more. */
export function endQuestions(questions: ReadonlySet<BackAct>, why: Course['stopped']): void {
  const { code, detail } = why ?? ended
  for (const act of questions) act.stop(code, detail)
}

const ended = { code: 'act.cancelled', detail: 'the act it belongs to ended' }
const tooMany = { code: 'act.busy', detail: `more than ${questionsMax} questions at once` }
