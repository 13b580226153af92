import { array, assert, constantFrom, jsonValue, oneof, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import type { Holder } from '../../../authority/authority.ts'
import { aCapability, aHolder, aTarget } from '../../path-fixture.ts'
import { readToolCall } from '../catalogue/tool-call.ts'
import { createViews } from '../names/views.ts'
import type { View } from '../names/view.ts'

/** One server with these tools, of which `asks` may need a person; the holder sees `seen`. */
function viewOf(tools: readonly string[], asks: string, seen = tools, toolsListedMax = 64): View {
  const capabilities = new Map(tools.map((id) => [id, { ...aCapability(), id, served: { name: id } }]))
  const target = { ...aTarget(), slug: 'desk', capabilities }
  const views = createViews({
    visible: () => [{ target, capabilities: seen.map((id) => capabilities.get(id)!) }],
    targets: () => [target],
    revision: () => 0,
    toolsListedMax,
    mayAsk: (_holder: Holder, _target, { id }) => id === asks,
  })
  return views.at(aHolder())!
}

const listed = (view: View) => (JSON.parse(view.toolsText) as { name: string }[]).map(({ name }) => name)

test('the tool is shown to whom a person may have to be asked for, and to no one else', () => {
  expect(listed(viewOf(['add', 'echo'], 'add'))).toEqual(['add', 'echo', 'ambit_plan'])
  const free = viewOf(['add', 'echo'], 'nothing')
  expect(listed(free)).toEqual(['add', 'echo'])
  expect(readToolCall(free, { name: 'ambit_plan', arguments: {} })).toMatchObject({ form: 'invalid' })
})

test('its name is never that of a registered tool, shown or not', () => {
  expect(listed(viewOf(['ambit_plan', 'add'], 'add'))).toEqual(['ambit_plan', 'add', 'ambit2_plan'])
  const hidden = viewOf(['ambit_plan', 'add'], 'add', ['add'])
  expect(listed(hidden)).toEqual(['add', 'ambit2_plan'])
  expect(readToolCall(hidden, { name: 'ambit_plan' })).toMatchObject({ form: 'call' })
})

test('it is at hand beside the tools that find the others, within the length of a list', () => {
  const many = Array.from({ length: 30 }, (_, at) => `tool-${at}`)
  const view = viewOf(many, 'tool-3', many, 10)
  expect(listed(view)).toEqual(['find_tools', 'describe_tool', 'call_tool', 'ambit_plan'])
  const steps = [{ tool: 'call_tool', arguments: { name: 'tool-3', arguments: { a: 1 } } }]
  const read = readToolCall(view, { name: 'ambit_plan', arguments: { words: 'x', steps } })
  expect(read).toMatchObject({
    call: { steps: [{ tool: { capability: { id: 'tool-3' } }, args: { a: 1 } }] },
  })
  const searching = [{ tool: 'find_tools', arguments: { query: 'x' } }]
  expect(
    readToolCall(view, { name: 'ambit_plan', arguments: { words: 'x', steps: searching } }),
  ).toMatchObject({ what: expect.stringContaining('needs nobody') as string })
})

test('whatever its arguments are, they are read as a list, a question about one, or an error', () => {
  const view = viewOf(['add'], 'add')
  const member = oneof(
    jsonValue(),
    array(record({ tool: constantFrom('add', 'ambit_plan', '__proto__', ''), arguments: jsonValue() })),
  )
  const given = record({ words: member, steps: member, plan: member }, { requiredKeys: [] })
  assert(
    property(given, (args) => {
      const read = readToolCall(view, { name: 'ambit_plan', arguments: args })
      expect(['plan', 'invalid']).toContain(read.form)
      if (read.form !== 'plan' || read.call.form !== 'list') return
      for (const { tool, args: own } of read.call.steps) {
        expect(tool.capability.id).toBe('add')
        expect(typeof own).toBe('object')
      }
    }),
  )
})
