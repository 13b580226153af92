import { expect, test } from 'vitest'
import { editFields, typedValue } from './edit-values.ts'

test('makes a field for each value on the card, typed as its schema and its value are', () => {
  const fields = editFields({
    digest: 'sha256:0',
    values: { to: 'a', sum: 1.5, many: 2, fast: true, how: 'post', parts: [1], toString: 'x' },
    secrets: ['word'],
    schema: {
      properties: {
        to: { type: 'string', description: 'Who' },
        sum: { type: 'number', maximum: 10, minimum: 0 },
        many: { type: 'integer' },
        how: { enum: ['post', 'mail', 3] },
        other: { type: 'string' },
      },
    },
  })
  expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
    ['to', 'text'],
    ['sum', 'number'],
    ['many', 'whole'],
    ['fast', 'yes-no'],
    ['how', 'choice'],
    ['parts', 'json'],
    ['toString', 'text'],
    ['word', 'secret'],
  ])
  expect(fields[0]).toMatchObject({ typed: 'a', description: 'Who' })
  expect(fields[1]).toMatchObject({ typed: '1.5', maximum: 10, minimum: 0 })
  expect(fields[4]?.choices).toEqual(['post', 'mail'])
})

test('a schema that is none of ours changes nothing about the values', () => {
  for (const schema of [undefined, {}, { properties: 3 }, { properties: { a: [] } }]) {
    const form = { digest: 'sha256:0', values: { a: 'x' }, secrets: [], ...(schema && { schema }) }
    expect(editFields(form)).toEqual([{ name: 'a', kind: 'text', typed: 'x', choices: [] }])
  }
})

test('reads what was typed, and says what is wrong with it', () => {
  expect(typedValue({ kind: 'number' }, ' 1.5 ')).toEqual({ value: 1.5 })
  expect(typedValue({ kind: 'number' }, '')).toEqual({ wrong: 'number' })
  expect(typedValue({ kind: 'number' }, '1,5')).toEqual({ wrong: 'number' })
  expect(typedValue({ kind: 'number' }, 'Infinity')).toEqual({ wrong: 'number' })
  expect(typedValue({ kind: 'whole' }, '1.5')).toEqual({ wrong: 'whole' })
  expect(typedValue({ kind: 'yes-no' }, 'false')).toEqual({ value: false })
  expect(typedValue({ kind: 'json' }, '[1')).toEqual({ wrong: 'json' })
  expect(typedValue({ kind: 'json' }, '[1]')).toEqual({ value: [1] })
  expect(typedValue({ kind: 'text' }, '1')).toEqual({ value: '1' })
})
