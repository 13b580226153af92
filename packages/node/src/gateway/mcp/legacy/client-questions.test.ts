import { errorResponse } from '@ambit/core/wire/mcp/errors'
import { resultResponse } from '@ambit/core/wire/mcp/message'
import { expect, test } from 'vitest'
import type { BackAnswer } from '../../back.ts'
import { ClientQuestions } from './client-questions.ts'

function asked(questions: ClientQuestions, id: string, owner: string): BackAnswer[] {
  const answers: BackAnswer[] = []
  questions.add(id, owner, (answer) => answers.push(answer))
  return answers
}

test('only the one who was asked answers, and only once', () => {
  const questions = new ClientQuestions()
  const answers = asked(questions, 'q', 'ann\n1')
  questions.answer('bob\n1', resultResponse('q', { forged: true }))
  questions.answer('ann\n2', resultResponse('q', { forged: true }))
  questions.answer('ann\n1', resultResponse('other', {}))
  questions.answer('ann\n1', resultResponse(1, {}))
  questions.answer('ann\n1', { ...errorResponse('q', -1, 'no'), id: null })
  expect(answers).toEqual([])
  questions.answer('ann\n1', resultResponse('q', { action: 'accept' }))
  questions.answer('ann\n1', resultResponse('q', { action: 'decline' }))
  expect(answers).toEqual([{ status: 'completed', value: { action: 'accept' } }])
  expect(questions.size).toBe(0)
})

test("a client's error is the answer, with its own code", () => {
  const questions = new ClientQuestions()
  const answers = asked(questions, 'q', 'ann')
  questions.answer('ann', errorResponse('q', -32_042, 'not now', { a: 1 }))
  expect(answers).toMatchObject([
    {
      status: 'failed',
      value: { error: { code: -32_042, message: 'not now', data: { a: 1 } } },
      error: { code: '-32042' },
    },
  ])
})

test('a flood of questions to one client takes no room from others', () => {
  const questions = new ClientQuestions()
  const taken = Array.from({ length: 1000 }, (_, at) => questions.add(`q${at}`, 'ann', () => undefined))
  expect(taken.filter(Boolean)).toHaveLength(256)
  expect(questions.add('b', 'bob', () => undefined)).toBe(true)
  questions.remove('q0')
  questions.remove('q0')
  expect(questions.add('again', 'ann', () => undefined)).toBe(true)
  expect(questions.add('more', 'ann', () => undefined)).toBe(false)
})

test('nothing is kept of questions that were answered or taken back', () => {
  const questions = new ClientQuestions()
  for (let at = 0; at < 100_000; at++) {
    questions.add(`q${at}`, `ann\n${at}`, () => undefined)
    if (at % 2 === 0) questions.remove(`q${at}`)
    else questions.answer(`ann\n${at}`, resultResponse(`q${at}`, {}))
  }
  expect(questions.size).toBe(0)
})
