import { methods } from '@ambit/core/wire/mcp/methods'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { limits } from '../../../kernel/limits.ts'
import { operationsOver, result } from '@ambit/testkit/mcp-operations'
import type { Answer } from '@ambit/testkit/mcp-operations'

test('lists of several servers are one list, in the order of their names and under names of this node', () => {
  const { ask, intakes } = operationsOver(handClock(), {
    news: result({ resources: [{ uri: 'file:///n', name: 'n' }] }),
    mail: result({ resources: [{ uri: 'file:///m', name: 'm' }] }),
  })
  expect(ask(methods.resourcesList).value()).toEqual({
    resources: [
      { uri: 'ambit.mail+file:///m', name: 'm' },
      { uri: 'ambit.news+file:///n', name: 'n' },
    ],
  })
  expect(intakes.map((intake) => intake.target.slug)).toEqual(['mail', 'news'])
})

test('templates and prompts are named after their server too', () => {
  const of = (name: string) =>
    result({
      resourceTemplates: [{ uriTemplate: `test://${name}/{id}`, name: 't' }],
      prompts: [{ name: 'draft' }],
    })
  const { ask } = operationsOver(handClock(), { mail: of('mail'), news: of('news') })
  expect(ask(methods.resourceTemplatesList).value().resourceTemplates[1]?.uriTemplate).toBe(
    'ambit.news+test://news/{id}',
  )
  expect(
    ask(methods.promptsList)
      .value()
      .prompts.map((each) => each.name),
  ).toEqual(['mail_draft', 'news_draft'])
})

test('a server that refuses or fails is named with its reason, and the others are shown', () => {
  const { ask } = operationsOver(handClock(), {
    down: (_intake, sink) =>
      sink.outcome(
        {
          type: 'outcome',
          status: 'failed',
          error: { code: 'upstream.unreachable', detail: 'it cannot be reached' },
          startedAt: 0,
          durationMs: 0,
        },
        'act',
      ),
    mail: result({ prompts: [{ name: 'draft' }] }),
    shut: (_intake, sink) =>
      sink.refused(
        {
          class: 'refuse',
          reasons: [{ code: 'mandate.no-entry', rule: 'm_1', what: 'No.', howToAsk: 'Ask Ann.' }],
          obligations: [],
        },
        'act',
      ),
  })
  const { prompts, _meta } = ask(methods.promptsList).value()
  expect(prompts).toEqual([{ name: 'mail_draft' }])
  expect(_meta['ambit/left-out']).toEqual([
    { code: 'upstream.unreachable', rule: 'down', what: 'down: it cannot be reached' },
    { code: 'mandate.no-entry', rule: 'm_1', what: 'shut: No.', howToAsk: 'Ask Ann.' },
  ])
})

test('a list waits ten seconds for a server that is slow, and names it then', () => {
  const clock = handClock()
  const { ask, cancelled } = operationsOver(clock, {
    mail: result({ prompts: [{ name: 'draft' }] }),
    slow: () => undefined,
  })
  const asked = ask(methods.promptsList)
  expect(asked.heard).toEqual([])
  clock.advance(10_000)
  expect(asked.value().prompts).toHaveLength(1)
  expect(asked.value()._meta['ambit/left-out']).toMatchObject([{ code: 'upstream.timeout', rule: 'slow' }])
  expect(cancelled).toEqual(['slow'])
})

test('pages of several servers go on where each of them stopped', () => {
  const paged: Answer = (intake, sink) => {
    const { cursor } = intake.arguments as { cursor?: string }
    const at = Number(cursor ?? 0)
    const last = intake.target.slug === 'mail' ? 0 : 2
    result({ prompts: [{ name: `p${at}` }], ...(at < last ? { nextCursor: String(at + 1) } : {}) })(
      intake,
      sink,
    )
  }
  const { ask, intakes } = operationsOver(handClock(), { mail: paged, news: paged })
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = ask(methods.promptsList, cursor === undefined ? {} : { cursor }).value()
    seen.push(...page.prompts.map((each) => each.name))
    cursor = page.nextCursor
    expect(cursor ?? '').not.toContain('news')
  } while (cursor !== undefined)
  expect(seen).toEqual(['mail_p0', 'news_p0', 'news_p1', 'news_p2'])
  expect(JSON.parse(String(intakes.at(-1)?.wire.bytes)).params).toEqual({ cursor: '2' })
})

test('more servers than one page asks for come on the next', () => {
  const answers = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`s${at}`, result({ prompts: [{ name: 'p' }] })]),
  )
  const { ask } = operationsOver(handClock(), answers)
  const first = ask(methods.promptsList).value()
  const second = ask(methods.promptsList, { cursor: first.nextCursor }).value()
  const names = [...first.prompts, ...second.prompts].map((each) => each.name)
  expect(first.prompts).toHaveLength(32)
  expect(new Set(names).size).toBe(40)
  expect(second.nextCursor).toBeUndefined()
})

test('one page is no larger than one answer may be', () => {
  const large = 'x'.repeat(limits.answerBytesMax / 2)
  const answer = result({ prompts: [{ name: 'p', description: large }] })
  const { ask } = operationsOver(handClock(), { a: answer, b: answer, c: answer })
  const seen: string[] = []
  let pages = 0
  let cursor: string | undefined
  do {
    const page = ask(methods.promptsList, cursor === undefined ? {} : { cursor }).value()
    seen.push(...page.prompts.map((each) => each.name))
    cursor = page.nextCursor
    pages += 1
  } while (cursor !== undefined)
  expect(seen).toEqual(['a_p', 'b_p', 'c_p'])
  expect(pages).toBe(3)
})

test('a cursor that was not given for this list is refused', () => {
  const one = result({ prompts: [], resources: [], nextCursor: 'x' })
  const { ask, intakes } = operationsOver(handClock(), { mail: one, news: one })
  const ofResources = ask(methods.resourcesList).value().nextCursor
  const before = intakes.length
  for (const cursor of [ofResources, 'made-up', 'ÄÖ', 7]) {
    expect(ask(methods.promptsList, { cursor }).value()).toEqual({
      error: { code: -32602, message: 'there is no such cursor' },
    })
  }
  expect(intakes).toHaveLength(before)
})

test('a cancelled list is cancelled at every server that has not answered, and ends once', () => {
  const clock = handClock()
  const { ask, cancelled } = operationsOver(clock, {
    done: result({ prompts: [] }),
    mail: () => undefined,
    news: () => undefined,
  })
  const { handle, heard } = ask(methods.promptsList)
  handle.cancel('the caller went away')
  handle.cancel('the caller went away')
  clock.advance(60_000)
  expect(cancelled).toEqual(['mail', 'news'])
  expect(heard).toMatchObject([{ status: 'cancelled', error: { code: 'act.cancelled' } }])
})
