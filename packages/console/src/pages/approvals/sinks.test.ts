import { expect, test } from 'vitest'
import type { ApprovalCard, CardArgument } from '../../api/approval-types.ts'
import { groupBySinks } from './sinks.ts'

const to = (text: string): CardArgument => ({ name: 'to', role: 'sink', text })
const card = (id: string, ...values: readonly CardArgument[]) =>
  ({ id, arguments: values }) as unknown as ApprovalCard

test('puts acts together that go to exactly the same places, and only those', () => {
  const cc: CardArgument = { name: 'cc', role: 'sink', text: '"b"' }
  const body: CardArgument = { name: 'body', role: 'content', text: '"x"' }
  const groups = groupBySinks([
    card('1', to('"a"')),
    card('2', to('"a"'), cc),
    card('3', to('"a"'), body),
    card('4', body),
    card('5', to('"\u0430"')),
  ])
  expect(groups.map(({ cards }) => cards.map(({ id }) => id))).toEqual([['1', '3'], ['2'], ['4'], ['5']])
  expect(groups[2]?.sinks).toEqual([])
})
