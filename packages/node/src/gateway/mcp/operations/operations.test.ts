import type { Outcome } from '@ambit/core/act'
import { methods } from '@ambit/core/wire/mcp/methods'
import { operations as table } from '@ambit/core/wire/mcp/operation'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createKeyring } from '../../../kernel/keyring.ts'
import type { Target } from '../../../registry/target.ts'
import type { Intake, IngressSink } from '../../gateway.ts'
import { aCapability, aHolder, aSink, aTarget } from '../../path-fixture.ts'
import { createViews } from '../names/views.ts'
import { createOperations } from './operations.ts'

const parts = [...new Set(Object.values(table).map((operation) => operation.capability))]

function server(slug: string, state: Target['state'] = 'active'): Target {
  const capabilities = new Map(parts.map((id) => [id, { ...aCapability(), id, served: { name: id } }]))
  return { ...aTarget(), id: slug, slug, state, capabilities }
}

type Answer = (intake: Intake, sink: IngressSink) => void

const result =
  (value: Record<string, unknown>): Answer =>
  (_intake, sink) =>
    sink.outcome({ type: 'outcome', status: 'completed', value, startedAt: 0, durationMs: 0 }, 'act')

/** Operations of a holder over servers that answer as the test says. */
function operationsOver(answers: Readonly<Record<string, Answer>>, slug?: string) {
  const clock = handClock()
  const targets = Object.keys(answers).map((each) => server(each))
  const views = createViews({
    visible: () => targets.map((target) => ({ target, capabilities: [...target.capabilities.values()] })),
    targets: () => targets,
    revision: () => 1,
    toolsListedMax: 64,
  })
  const intakes: Intake[] = []
  const cancelled: string[] = []
  const operations = createOperations({
    clock,
    keyring: createKeyring(Buffer.alloc(32, 1), clock),
    gateway: {
      submit(intake, sink) {
        intakes.push(intake)
        answers[intake.target.slug]?.(intake, sink)
        return { id: 'act', cancel: () => void cancelled.push(intake.target.slug), resume: () => undefined }
      },
    },
  })
  const holder = aHolder()
  function ask(method: string, params: Record<string, unknown> = {}, protocolIn = 'mcp/2026-07-28') {
    const sink = aSink()
    const message = { jsonrpc: '2.0', id: 7, method, params }
    const wire = {
      protocol: protocolIn,
      message,
      bytes: Buffer.from(JSON.stringify(message)),
      forward: protocolIn === 'mcp/2026-07-28',
    }
    const view = views.at(holder, slug)!
    const handle = operations.submit(
      { holder, view, method, params, protocolIn, wire, stream: false, trace: undefined },
      sink,
    )
    return { handle, heard: sink.heard, value: () => (sink.heard[0] as Outcome).value as Record<string, any> }
  }
  return { ask, intakes, cancelled, clock }
}

test('the list of one server is its own answer, asked for with the very bytes of the client', () => {
  const { ask, intakes } = operationsOver({ mail: result({ prompts: [{ name: 'draft' }], nextCursor: 'c' }) })
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

test('lists of several servers are one list, in the order of their names and under names of this node', () => {
  const { ask, intakes } = operationsOver({
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
  const { ask } = operationsOver({ mail: of('mail'), news: of('news') })
  expect(ask(methods.resourceTemplatesList).value()['resourceTemplates'][1].uriTemplate).toBe(
    'ambit.news+test://news/{id}',
  )
  expect(
    ask(methods.promptsList)
      .value()
      ['prompts'].map((each: { name: string }) => each.name),
  ).toEqual(['mail_draft', 'news_draft'])
})

test('a server that refuses or fails is named with its reason, and the others are shown', () => {
  const { ask } = operationsOver({
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
  const { ask, cancelled, clock } = operationsOver({
    mail: result({ prompts: [{ name: 'draft' }] }),
    slow: () => undefined,
  })
  const asked = ask(methods.promptsList)
  expect(asked.heard).toEqual([])
  clock.advance(10_000)
  expect(asked.value()['prompts']).toHaveLength(1)
  expect(asked.value()['_meta']['ambit/left-out']).toMatchObject([{ code: 'upstream.timeout', rule: 'slow' }])
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
  const { ask, intakes } = operationsOver({ mail: paged, news: paged })
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = ask(methods.promptsList, cursor === undefined ? {} : { cursor }).value()
    seen.push(...page['prompts'].map((each: { name: string }) => each.name))
    cursor = page['nextCursor']
    expect(cursor ?? '').not.toContain('news')
  } while (cursor !== undefined)
  expect(seen).toEqual(['mail_p0', 'news_p0', 'news_p1', 'news_p2'])
  expect(JSON.parse(String(intakes.at(-1)?.wire.bytes)).params).toEqual({ cursor: '2' })
})

test('more servers than one page asks for come on the next', () => {
  const answers = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`s${at}`, result({ prompts: [{ name: 'p' }] })]),
  )
  const { ask } = operationsOver(answers)
  const first = ask(methods.promptsList).value()
  const second = ask(methods.promptsList, { cursor: first['nextCursor'] }).value()
  const names = [...first['prompts'], ...second['prompts']].map((each: { name: string }) => each.name)
  expect(first['prompts']).toHaveLength(32)
  expect(new Set(names).size).toBe(40)
  expect(second['nextCursor']).toBeUndefined()
})

test('a cursor that was not given for this list is refused', () => {
  const one = result({ prompts: [], resources: [], nextCursor: 'x' })
  const { ask, intakes } = operationsOver({ mail: one, news: one })
  const ofResources = ask(methods.resourcesList).value()['nextCursor']
  const before = intakes.length
  for (const cursor of [ofResources, 'made-up', 'ÄÖ', 7]) {
    expect(ask(methods.promptsList, { cursor }).value()).toEqual({
      error: { code: -32602, message: 'there is no such cursor' },
    })
  }
  expect(intakes).toHaveLength(before)
})

test('what is read of one of several servers is asked for under its own URI and shown under ours', () => {
  const { ask, intakes } = operationsOver({
    mail: result({ contents: [{ uri: 'file:///m', text: 'M' }] }),
    news: result({ contents: [] }),
  })
  const { value } = ask(methods.resourcesRead, { uri: 'ambit.mail+file:///m', requestState: 's' })
  expect(value()).toEqual({ contents: [{ uri: 'ambit.mail+file:///m', text: 'M' }] })
  expect(intakes[0]).toMatchObject({ target: { slug: 'mail' }, arguments: { uri: 'file:///m' } })
  // What belongs to the conversation goes on, and is no argument.
  expect(JSON.parse(String(intakes[0]?.wire.bytes)).params).toEqual({ uri: 'file:///m', requestState: 's' })
})

test('prompts and completions find their server by its name', () => {
  const answer = result({ messages: [], completion: { values: [] } })
  const { ask, intakes } = operationsOver({ mail: answer, news: answer })
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
  const { ask } = operationsOver({
    mail: result({
      messages: [
        { role: 'user', content: resource },
        { role: 'user', content: link },
      ],
    }),
    news: result({}),
  })
  const { messages } = ask(methods.promptsGet, { name: 'mail_draft' }).value()
  expect(messages[0].content.resource.uri).toBe('ambit.mail+file:///a')
  expect(messages[1].content.uri).toBe('ambit.mail+file:///b')
})

test('bad requests are answered with the error their era defines, and make no act', () => {
  const { ask, intakes } = operationsOver({ mail: result({}), news: result({}) })
  const codeOf = (...asked: Parameters<typeof ask>) => ask(...asked).value()['error'].code as number
  expect(codeOf(methods.resourcesRead, {})).toBe(-32602)
  expect(codeOf(methods.resourcesRead, { uri: 'file:///x' })).toBe(-32602)
  expect(codeOf(methods.resourcesRead, { uri: 'file:///x' }, 'mcp/2025-11-25')).toBe(-32002)
  expect(ask(methods.resourcesRead, { uri: 'file:///x' }).value()['error'].data).toEqual({ uri: 'file:///x' })
  expect(codeOf(methods.promptsGet, { name: 'draft' })).toBe(-32602)
  expect(codeOf(methods.complete, { ref: { type: 'ref/else' }, argument: {} })).toBe(-32602)
  expect(codeOf(methods.complete, {})).toBe(-32602)
  expect(codeOf('made/up')).toBe(-32601)
  expect(intakes).toEqual([])
})

test('a refusal is an error with its reason, because only results of tools can say that they failed', () => {
  const { ask } = operationsOver({
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
  expect(ask(methods.resourcesRead, { uri: 'file:///x' }).value()['error']).toEqual({
    code: -32603,
    message: 'Refused by Ambit: No. [mandate.no-entry, rule m_1]',
    data: {
      code: 'act.refused',
      act: 'a_1',
      reasons: [{ code: 'mandate.no-entry', rule: 'm_1', what: 'No.' }],
    },
  })
})

test('a cancelled list is cancelled at every server that has not answered, and ends once', () => {
  const { ask, cancelled, clock } = operationsOver({
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
