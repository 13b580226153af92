import { expect, test } from 'vitest'
import type { HeldChain } from '../../../authority/authority.ts'
import type { Target } from '../../../registry/target.ts'
import { aCapability, aHolder, aTarget } from '../../path-fixture.ts'
import { createViews } from './views.ts'

function server(slug: string, tools: readonly string[], state: Target['state'] = 'active'): Target {
  const capabilities = new Map(tools.map((id) => [id, { ...aCapability(), id, served: { name: id } }]))
  return { ...aTarget(), id: slug, slug, state, capabilities }
}

/** Views of one holder; `show` changes what is registered and allowed. */
function viewsOf(
  first: readonly Target[],
  firstVisible = first,
  allow: readonly { target: string; capability: string }[] = [],
) {
  let revision = 0
  let targets = first
  let visible = firstVisible
  const views = createViews({
    visible: () =>
      visible
        .filter((target) => target.state === 'active')
        .map((target) => ({ target, capabilities: [...target.capabilities.values()] })),
    targets: () => targets,
    revision: () => revision,
    toolsListedMax: 64,
  })
  const chain = { ...aHolder().chain, mandates: [{ allow }] } as unknown as HeldChain
  const holder = { ...aHolder(), chain }
  return {
    show: (now: readonly Target[], nowVisible = now) => {
      revision += 1
      targets = now
      visible = nowVisible
    },
    at: (slug?: string) => views.at(holder, slug),
    listed: (slug?: string) => views.at(holder, slug)!.tools.map((tool) => tool.name),
    find: (name: string, slug?: string) => views.at(holder, slug)!.find(name),
  }
}

test('one server keeps its own names; several are told apart by theirs', () => {
  expect(viewsOf([server('mail', ['send', 'read'])]).listed()).toEqual(['send', 'read'])
  expect(viewsOf([server('news', ['read']), server('mail', ['send', 'read'])]).listed()).toEqual([
    'mail_send',
    'mail_read',
    'news_read',
  ])
})

test('no two tools share a name, however long or alike they are', () => {
  const targets = [
    server('a', ['b_c', 'x'.repeat(100)]),
    server('a-b', ['c']),
    server('ab', ['x'.repeat(100)]),
  ]
  const { listed, find } = viewsOf(targets)
  expect(new Set(listed()).size).toBe(4)
  const meant = listed().map((name) => `${find(name)!.target.slug} ${find(name)!.capability.id}`)
  expect(new Set(meant).size).toBe(4)
  expect(Math.max(...listed().map((name) => name.length))).toBeLessThanOrEqual(64)
})

test('a registered tool is found also when it may not be called, so that it can be refused with a reason', () => {
  const mail = server('mail', ['send'])
  const recalled = server('news', ['read'], 'recalled')
  const { listed, find } = viewsOf([mail, recalled, server('wiki', ['send'])], [mail, recalled])
  expect(listed()).toEqual(['send'])
  expect(find('read')?.target.slug).toBe('news')
  expect(find('news_read')?.target.slug).toBe('news')
  expect(find('wiki_send')?.target.slug).toBe('wiki')
  expect(find('nothing')).toBeUndefined()
})

test('a name that was shown stays good when a second server comes, and when it goes again', () => {
  const long = 'x'.repeat(100)
  const mail = server('mail', ['send', long])
  const news = server('news', ['send'])
  const { show, listed, find } = viewsOf([mail])
  expect(listed()).toEqual(['send', long])
  show([mail, news])
  expect(listed()[0]).toBe('mail_send')
  const cut = listed()[1]!
  // Both servers have a `send`: the name without a server is that of the one that was alone.
  expect(find('send')?.target.slug).toBe('mail')
  expect(find('mail_send')?.target.slug).toBe('mail')
  expect(find('news_send')?.target.slug).toBe('news')
  show([mail])
  expect(find('mail_send')?.capability.id).toBe('send')
  expect(find(cut)?.capability.id).toBe(long)
})

test('a name that two servers have means neither, where none was alone before', () => {
  const { find } = viewsOf([server('mail', ['send']), server('news', ['send'])])
  expect(find('send')).toBeUndefined()
})

test('the address of one server shows that one alone, under its own names', () => {
  const mail = server('mail', ['send', 'news_read'])
  const { at, listed, find } = viewsOf([mail, server('news', ['read'])])
  expect(at('mail')).toMatchObject({ single: true, slug: 'mail' })
  expect(listed('mail')).toEqual(['send', 'news_read'])
  expect(find('mail_send', 'mail')?.capability.id).toBe('send')
  expect(find('news_read', 'mail')?.target.slug).toBe('mail')
  expect(find('read', 'mail')).toBeUndefined()
  expect(at('nothing')).toBeUndefined()
})

test('the resource of a surface that a tool names is shown under the URI that a client can read', () => {
  const chart = server('chart', ['draw'])
  const draw = chart.capabilities.get('draw')!
  const _meta = { ui: { resourceUri: 'ui://draw', csp: 1 }, 'ui/resourceUri': 'ui://draw', other: 1 }
  const withSurface = new Map([['draw', { ...draw, served: { name: 'draw', _meta } }]])
  const { at } = viewsOf([{ ...chart, capabilities: withSurface }, server('mail', ['send'])])
  expect(at()!.tools[0]!.definition['_meta']).toEqual({
    ui: { resourceUri: 'ambit.chart+ui://draw', csp: 1 },
    'ui/resourceUri': 'ambit.chart+ui://draw',
    other: 1,
  })
  expect(at('chart')!.tools[0]!.definition['_meta']).toEqual(_meta)
})

test('what the mandate names and does not show is named with its reason', () => {
  const held = server('held', ['send'])
  const [send] = held.capabilities.values()
  const targets = [
    server('mail', ['send']),
    server('gone', ['send'], 'recalled'),
    server('quiet', ['send']),
    { ...held, capabilities: new Map([['send', { ...send!, held: true }]]) },
    server('unnamed', ['send'], 'suspended'),
  ]
  const named = ['mail', 'gone', 'quiet', 'held'].map((target) => ({ target, capability: '*' }))
  const { missing } = viewsOf(targets, targets.slice(0, 1), named).at()!
  expect(missing.map(({ code, what }) => [code, what.split(' ')[0]])).toEqual([
    ['record.recalled', 'gone'],
    ['mandate.no-entry', 'The'],
    ['record.definition-changed', 'held'],
  ])
})

test('a mandate for any server misses what was taken out of use, and nothing else', () => {
  const targets = [
    server('mail', ['send']),
    server('paused', ['send'], 'suspended'),
    server('planned', ['send'], 'draft'),
    server('other', ['look']),
  ]
  const { at } = viewsOf(targets, targets.slice(0, 1), [{ target: '*', capability: 'send' }])
  expect(at()!.missing).toMatchObject([{ code: 'record.suspended', evidence: 'suspended' }])
})

test('where nothing is registered, or nothing allowed, the reason is that', () => {
  expect(viewsOf([]).at()!.missing).toMatchObject([
    { code: 'mandate.no-entry', what: 'No MCP server is registered on this node.' },
  ])
  expect(viewsOf([server('mail', ['send'])], []).at()!.missing).toMatchObject([
    { what: 'The mandate allows nothing of any MCP server here.' },
  ])
})

test('a view is the same one until something changes', () => {
  const mail = server('mail', ['send'])
  const { at, show } = viewsOf([mail])
  const before = at()
  expect(at()).toBe(before)
  expect(at('mail')).not.toBe(before)
  show([mail])
  expect(at()).not.toBe(before)
})
