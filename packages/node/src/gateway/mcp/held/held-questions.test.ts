import { expect, test } from 'vitest'
import type { BackAnswer } from '../../back.ts'
import { clientRequestCapability } from '../client-request.ts'
import { HeldQuestions } from './held-questions.ts'

const question = {
  capability: clientRequestCapability('elicitation/create')!,
  arguments: { message: 'Which?' },
  protocolIn: 'mcp/2025-11-25',
}

function asked(count: number) {
  const questions = new HeldQuestions()
  const answers: (BackAnswer | undefined)[] = Array.from({ length: count }, () => undefined)
  const withdraw = answers.map((_none, at) => questions.add(question, (answer) => (answers[at] = answer)))
  return { questions, answers, withdraw }
}

test('questions are put in the form of an answer that asks', () => {
  expect(asked(1).questions.requests()).toEqual({
    q1: { method: 'elicitation/create', params: { message: 'Which?' } },
  })
})

test('each answer finds its question; what is not answered, or is no result, stays open', () => {
  const { questions, answers } = asked(3)
  questions.answer({ q1: { action: 'accept' }, q2: 'yes', q9: {} })
  expect(answers).toEqual([{ status: 'completed', value: { action: 'accept' } }, undefined, undefined])
  expect(Object.keys(questions.requests())).toEqual(['q2', 'q3'])
  questions.answer(null)
  expect(questions.size).toBe(2)
})

test('a key is never given to another question', () => {
  const { questions, withdraw } = asked(1)
  withdraw[0]!()
  questions.add(question, () => undefined)
  expect(Object.keys(questions.requests())).toEqual(['q2'])
})

test('a caller that cannot be asked is an answer to all', () => {
  const { questions, answers } = asked(2)
  questions.declineAll({ code: 'act.busy', detail: 'full' })
  expect(answers.map((answer) => answer?.error?.code)).toEqual(['act.busy', 'act.busy'])
  expect(questions.size).toBe(0)
})
