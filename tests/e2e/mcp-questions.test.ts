import { startConformanceMcp } from '@ambit/testkit/conformance-mcp-server'
import type { ConformanceMcpServer } from '@ambit/testkit/conformance-mcp-server'
import { readLog } from '@ambit/testkit/log-reader'
import { askingCommand, connectAskable } from '@ambit/testkit/mcp-askable'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * What a server asks of its client (elicitation, sampling, roots) reaches a client of 2026-07-28 through the node,
 * whatever era the server is of: in its answer, or within a call that the node holds meanwhile.
 */

let node: TestNode
let servers: ConformanceMcpServer[]
let token: string
const slugs = ['modern', 'legacy', 'stdio', 'stdio-modern']

beforeAll(async () => {
  servers = [await startConformanceMcp({ eras: 'modern' }), await startConformanceMcp({ eras: 'legacy' })]
  node = await startTestNode()
  await bringOnline(node.ambit, { url: servers[0]!.url }, 'modern')
  await bringOnline(node.ambit, { url: servers[1]!.url }, 'legacy')
  await bringOnline(node.ambit, { command: askingCommand }, 'stdio')
  const { program, args } = askingCommand
  await bringOnline(node.ambit, { command: { program, args: [...args, 'modern'] } }, 'stdio-modern')
  const entries = slugs.map((target) => ({ target, capability: '*', decision: 'autonomous' as const }))
  token = (await allow(node.ambit, entries)).token
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await Promise.all(servers.map(async (server) => await server.close()))
})

const dialogues = [
  { asks: 'elicitation/create', tool: 'test_elicitation', args: { message: 'Which?' }, says: 'my response' },
  { asks: 'sampling/createMessage', tool: 'test_sampling', args: { prompt: 'Say it' }, says: 'sampled' },
]
const rounds = [
  { asks: 'elicitation/create', tool: 'test_input_required_result_elicitation', says: 'Hello, my name!' },
  { asks: 'sampling/createMessage', tool: 'test_input_required_result_sampling', says: 'sampled' },
  { asks: 'roots/list', tool: 'test_input_required_result_list_roots', says: 'file:///home/ann' },
]
const cases = [
  ...['legacy', 'stdio'].flatMap((slug) => dialogues.map((each) => ({ slug, ...each }))),
  ...['modern', 'stdio-modern'].flatMap((slug) => rounds.map((each) => ({ slug, args: {}, ...each }))),
]

test.each(cases)('$asks of $slug reaches the client, and its answer the server', async (dialogue) => {
  await using askable = await connectAskable(`${node.url}/mcp/${dialogue.slug}`, token)
  expect(await askable.say(dialogue.tool, dialogue.args)).toContain(dialogue.says)
  expect(askable.asked.map(({ method }) => method)).toEqual([dialogue.asks])
})

test.each(['modern', 'stdio-modern'])(
  'several rounds with one server (%s), its own state with each',
  async (slug) => {
    await using askable = await connectAskable(`${node.url}/mcp/${slug}`, token)
    expect(await askable.say('test_input_required_result_multi_round')).toBe('my name likes my color')
    expect(await askable.say('test_input_required_result_request_state')).toContain('state-ok')
    expect(await askable.say('test_input_required_result_multiple_inputs')).toContain('my name, 1 root(s)')
  },
)

test.each([
  { slug: 'legacy', ...dialogues[0]! },
  { slug: 'modern', ...rounds[0]!, args: {} },
])('a question of $slug is a child act: in the log under the call it belongs to', async (dialogue) => {
  const { slug, tool, args } = dialogue
  await using askable = await connectAskable(`${node.url}/mcp/${slug}`, token)
  await askable.say(tool, args)
  await until('the call, and under it the question with its answer', async () => {
    const leaves = await readLog(node.url, 'activity')
    const intents = leaves.filter((leaf) => leaf.kind === 'act.intent')
    const outcomes = leaves.filter((leaf) => leaf.kind === 'act.outcome' && leaf.status === 'completed')
    const answered = new Set(outcomes.map((leaf) => ('act' in leaf ? leaf.act : '')))
    const calls = intents.filter((leaf) => leaf.capability === tool && leaf.parent === undefined)
    return intents.some(
      (leaf) =>
        leaf.capability === 'elicitation/create' &&
        answered.has(leaf.act) &&
        calls.some((call) => call.act === leaf.parent),
    )
  })
})

test('a client that did not say that it answers is not asked', async () => {
  await using askable = await connectAskable(`${node.url}/mcp/legacy`, token, {})
  expect(await askable.say('test_elicitation', { message: 'Which?' })).toContain('The client did not answer')
})

test('an address that a server of 2025-11-25 needs opened first is a question too', async () => {
  // Once for each person: the program remembers that it was opened.
  const access = await allow(node.ambit, [{ target: 'stdio', capability: '*', decision: 'autonomous' }])
  await using cannot = await connectAskable(`${node.url}/mcp/stdio`, access.token, {
    elicitation: { form: {} },
  })
  await expect(cannot.say('test_address')).rejects.toMatchObject({ code: -32021 })
  const other = await allow(node.ambit, [{ target: 'stdio', capability: '*', decision: 'autonomous' }])
  await using can = await connectAskable(`${node.url}/mcp/stdio`, other.token)
  expect(await can.say('test_address')).toBe('opened')
  expect(can.asked).toMatchObject([{ params: { mode: 'url', url: 'https://example.org/sign-in' } }])
})
