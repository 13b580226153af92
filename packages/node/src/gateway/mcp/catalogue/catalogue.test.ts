import type { Allow } from '@ambit/core/mandate'
import { expect, test } from 'vitest'
import type { HeldChain, Holder } from '../../../authority/authority.ts'
import { aCapability, aHolder, aTarget } from '../../path-fixture.ts'
import { createViews } from '../names/views.ts'
import type { View } from '../names/view.ts'
import { readToolCall, upstreamParams } from './tool-call.ts'

interface Tool {
  readonly name: string
  readonly description?: string
  readonly inputSchema?: unknown
}

function holderOf(allow: readonly Allow[]): Holder {
  const holder = aHolder()
  const chain = { ...holder.chain, mandates: [{ allow }] } as unknown as HeldChain
  return { ...holder, chain }
}

/** The view of one server with these tools. */
function viewOf(tools: readonly Tool[], listedMax: number, allow: readonly Allow[] = []): View {
  const capabilities = new Map(
    tools.map((tool) => [tool.name, { ...aCapability(), id: tool.name, served: { ...tool } }]),
  )
  const target = { ...aTarget(), slug: 'desk', capabilities }
  const views = createViews({
    visible: () => [{ target, capabilities: [...capabilities.values()] }],
    targets: () => [target],
    revision: () => 1,
    toolsListedMax: listedMax,
  })
  return views.at(holderOf(allow))!
}

const tools: readonly Tool[] = [
  { name: 'send_mail', description: 'Sends a message to people.' },
  { name: 'listOrders', description: 'Lists the orders of a customer.' },
  { name: 'cancel_order', description: 'Cancels one order and pays back what was paid.' },
  { name: 'get_weather', description: 'The weather of a city, now.' },
  { name: '查询订单', description: '查询客户的全部订单' },
  { name: '发送邮件', description: '给同事发送电子邮件' },
  {
    name: 'lookup',
    description: 'Looks something up.',
    inputSchema: { type: 'object', properties: { invoiceNumber: { type: 'string', description: '' } } },
  },
  { name: 'noop' },
]

const listed = (view: View) => (JSON.parse(view.toolsText) as { name: string }[]).map((tool) => tool.name)

function find(view: View, query: string, limit = 3): { name: string; score: number }[] {
  const answer = readToolCall(view, { name: 'find_tools', arguments: { query, limit } })
  if (answer.form !== 'answer') throw new Error('find_tools is no tool of the node here')
  return (answer.result['structuredContent'] as { tools: { name: string; score: number }[] }).tools
}

test('as many tools as a list shows are all shown, and there are no others', () => {
  const view = viewOf(tools, 8)
  expect(listed(view)).toEqual(tools.map((tool) => tool.name))
  expect(readToolCall(view, { name: 'find_tools', arguments: { query: 'mail' } }).form).toBe('invalid')
})

test('of more tools a list shows three that find, describe and call, and those the mandate names one by one', () => {
  const allow: Allow[] = [
    { target: 'desk', capability: '*' },
    { target: 'desk', capability: 'cancel_order' },
    { target: 'other', capability: 'noop' },
    { target: '*', capability: 'get_weather' },
  ]
  const view = viewOf(tools, 7, allow)
  expect(listed(view)).toEqual(['find_tools', 'describe_tool', 'call_tool', 'cancel_order', 'get_weather'])
  // All of them can still be called by their names.
  expect(readToolCall(view, { name: 'noop' })).toMatchObject({ form: 'call', rewritten: false })
})

test('the list is no longer than the limit, however many tools the mandate names', () => {
  const allow = tools.map(({ name }): Allow => ({ target: 'desk', capability: name }))
  expect(listed(viewOf(tools, 7, allow))).toHaveLength(7)
})

test('the text of a list is made once', () => {
  const view = viewOf(tools, 8)
  const first = view.toolsText
  expect(Object.is(view.toolsText, first)).toBe(true)
  expect(first.length).toBeGreaterThan(0)
})

test.each([
  ['cancel an order', 'cancel_order'],
  ['orders of customers', 'listOrders'],
  ['email somebody: send a mail', 'send_mail'],
  ['invoice number', 'lookup'],
  ['查订单', '查询订单'],
  ['邮件', '发送邮件'],
])('finds by %j the tool %s first', (query, name) => {
  expect(find(viewOf(tools, 7), query)[0]?.name).toBe(name)
})

test('a search gives no more than it is asked for, with scores that fall, and nothing for words that fit nothing', () => {
  const view = viewOf(tools, 7)
  const found = find(view, 'order', 2)
  expect(found).toHaveLength(2)
  expect(found[0]!.score).toBeGreaterThanOrEqual(found[1]!.score)
  expect(found[0]!.score).toBeLessThanOrEqual(1)
  expect(find(view, 'zzz')).toEqual([])
  expect(find(view, '')).toEqual([])
})

test('a rare word says more than one that stands everywhere, also where it stands in a lesser place', () => {
  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => ({ name: `order_${name}` }))
  const view = viewOf([...many, { name: 'payback', description: 'Makes a refund.' }], 7)
  expect(find(view, 'refund order')[0]?.name).toBe('payback')
})

test('describes a tool as the server defined it, and no tool that may not be called', () => {
  const view = viewOf(tools, 7)
  const describe = (name: unknown) => readToolCall(view, { name: 'describe_tool', arguments: { name } })
  expect(describe('lookup')).toMatchObject({ result: { structuredContent: { tool: tools[6] } } })
  expect(describe('secret')).toMatchObject({ result: { isError: true } })
  expect(describe(7)).toMatchObject({ result: { isError: true } })
})

test('call_tool is the call of the tool it names', () => {
  const view = viewOf(tools, 7)
  const params = { name: 'call_tool', arguments: { name: 'noop', arguments: { a: 1 } }, _meta: { k: 1 } }
  const call = readToolCall(view, params)
  expect(call).toMatchObject({
    form: 'call',
    tool: { capability: { id: 'noop' } },
    args: { a: 1 },
    rewritten: true,
  })
  if (call.form !== 'call') return
  expect(upstreamParams(params, call)).toEqual({ name: 'noop', arguments: { a: 1 }, _meta: { k: 1 } })
})

test('a call without a proper name says what is wrong with it', () => {
  const view = viewOf(tools, 7)
  const invalid = [
    {},
    { name: 7 },
    { name: 'noop', arguments: [] },
    { name: 'call_tool' },
    { name: 'call_tool', arguments: { name: 'noop', arguments: 'x' } },
    { name: 'call_tool', arguments: { name: 'call_tool', arguments: {} } },
    { name: 'nothing' },
  ]
  for (const params of invalid) expect(readToolCall(view, params).form).toBe('invalid')
})

test('where a server has a tool of that name, the three take another', () => {
  const view = viewOf([...tools, { name: 'find_tools' }, { name: 'ambit_call_tool' }], 7)
  expect(listed(view)).toEqual(['ambit2_find_tools', 'ambit2_describe_tool', 'ambit2_call_tool'])
  expect(readToolCall(view, { name: 'find_tools' })).toMatchObject({ form: 'call' })
})
