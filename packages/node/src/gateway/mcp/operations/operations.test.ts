import { methods } from '@ambit/core/wire/mcp/methods'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { operationsOver, result } from '@ambit/testkit/mcp-operations'

test('the list of one server is its own answer, asked for with the very bytes of the client', () => {
  const { ask, intakes } = operationsOver(handClock(), {
    mail: result({ prompts: [{ name: 'draft' }], nextCursor: 'c' }),
  })
  expect(ask(methods.promptsList, { cursor: 'a' }).value()).toEqual({
    prompts: [{ name: 'draft' }],
    nextCursor: 'c',
  })
  expect(intakes[0]).toMatchObject({
    operation: methods.promptsList,
    capability: { id: 'prompts/list' },
    arguments: { cursor: 'a' },
  })
  expect(JSON.parse(String(intakes[0]?.wire.bytes))).toMatchObject({ id: 7, params: { cursor: 'a' } })
})

test('what is read of one of several servers is asked for under its own URI and shown under ours', () => {
  const { ask, intakes } = operationsOver(handClock(), {
    mail: result({ contents: [{ uri: 'file:///m', text: 'M' }] }),
    news: result({ contents: [] }),
  })
  const { value } = ask(methods.resourcesRead, {
    uri: 'ambit.mail+file:///m',
    requestState: 's',
    inputResponses: {},
    _meta: {},
  })
  expect(value()).toEqual({ contents: [{ uri: 'ambit.mail+file:///m', text: 'M' }] })
  expect(intakes[0]?.target.slug).toBe('mail')
  expect(intakes[0]?.arguments).toEqual({ uri: 'file:///m' })
  // What belongs to the conversation goes on, and is no argument.
  expect(JSON.parse(String(intakes[0]?.wire.bytes)).params).toEqual({
    uri: 'file:///m',
    requestState: 's',
    inputResponses: {},
    _meta: {},
  })
})

test('prompts and completions find their server by its name', () => {
  const answer = result({ messages: [], completion: { values: [] } })
  const { ask, intakes } = operationsOver(handClock(), { mail: answer, news: answer })
  ask(methods.promptsGet, { name: 'news_draft_long', arguments: { to: 'Ann' } })
  const argument = { name: 'to', value: 'A' }
  ask(methods.complete, { ref: { type: 'ref/prompt', name: 'mail_draft' }, argument })
  ask(methods.complete, { ref: { type: 'ref/resource', uri: 'ambit.news+test://{id}' }, argument })
  expect(intakes.map((intake) => [intake.target.slug, intake.arguments])).toEqual([
    ['news', { name: 'draft_long', arguments: { to: 'Ann' } }],
    ['mail', { ref: { type: 'ref/prompt', name: 'draft' }, argument }],
    ['news', { ref: { type: 'ref/resource', uri: 'test://{id}' }, argument }],
  ])
})

test('resources in what a prompt gives are shown under our URIs', () => {
  const resource = { type: 'resource', resource: { uri: 'file:///a', text: 'A' } }
  const link = { type: 'resource_link', uri: 'file:///b', name: 'b' }
  const { ask } = operationsOver(handClock(), {
    mail: result({
      messages: [
        { role: 'user', content: resource },
        { role: 'user', content: link },
      ],
    }),
    news: result({}),
  })
  const { messages } = ask(methods.promptsGet, { name: 'mail_draft' }).value()
  expect(messages[0]?.content.resource?.uri).toBe('ambit.mail+file:///a')
  expect(messages[1]?.content.uri).toBe('ambit.mail+file:///b')
})

test('bad requests are answered with the error their era defines, and make no act', () => {
  const { ask, intakes } = operationsOver(handClock(), { mail: result({}), news: result({}) })
  const codeOf = (...asked: Parameters<typeof ask>) => ask(...asked).value().error.code
  expect(codeOf(methods.resourcesRead, {})).toBe(-32602)
  expect(codeOf(methods.resourcesRead, { uri: 'file:///x' })).toBe(-32602)
  expect(codeOf(methods.resourcesRead, { uri: 'file:///x' }, 'mcp/2025-11-25')).toBe(-32002)
  expect(ask(methods.resourcesRead, { uri: 'file:///x' }).value().error.data).toEqual({ uri: 'file:///x' })
  expect(codeOf(methods.promptsGet, { name: 'draft' })).toBe(-32602)
  expect(codeOf(methods.complete, { ref: { type: 'ref/else' }, argument: {} })).toBe(-32602)
  expect(codeOf(methods.complete, {})).toBe(-32602)
  expect(codeOf('made/up')).toBe(-32601)
  expect(intakes).toEqual([])
})

test('a refusal is an error with its reason, because only results of tools can say that they failed', () => {
  const { ask } = operationsOver(handClock(), {
    mail: (_intake, sink) =>
      sink.refused(
        {
          class: 'refuse',
          reasons: [{ code: 'mandate.no-entry', rule: 'm_1', what: 'No.' }],
          obligations: [],
        },
        'a_1',
      ),
  })
  expect(ask(methods.resourcesRead, { uri: 'file:///x' }).value().error).toEqual({
    code: -32603,
    message: 'Refused by Ambit: No. [mandate.no-entry, rule m_1]',
    data: {
      code: 'act.refused',
      act: 'a_1',
      reasons: [{ code: 'mandate.no-entry', rule: 'm_1', what: 'No.' }],
    },
  })
})
