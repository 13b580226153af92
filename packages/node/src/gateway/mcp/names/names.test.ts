import { expect, test } from 'vitest'
import type { Target } from '../../../registry/target.ts'
import { aCapability, aHolder, aTarget } from '../../path-fixture.ts'
import { createToolNames } from './names.ts'

function server(slug: string, tools: readonly string[], state: Target['state'] = 'active'): Target {
  const capabilities = new Map(tools.map((id) => [id, { ...aCapability(), id, served: { name: id } }]))
  return { ...aTarget(), id: slug, slug, state, capabilities }
}

function namesOf(targets: readonly Target[], visible = targets) {
  let revision = 0
  const names = createToolNames({
    visible: () =>
      visible
        .filter((target) => target.state === 'active')
        .map((target) => ({ target, capabilities: [...target.capabilities.values()] })),
    targets: () => targets,
    revision: () => revision++,
  })
  const holder = aHolder()
  return {
    listed: () => names.list(holder).map((tool) => tool.name),
    find: (name: string) => names.find(holder, name),
  }
}

test('one server keeps its own names; several are told apart by theirs', () => {
  expect(namesOf([server('mail', ['send', 'read'])]).listed()).toEqual(['send', 'read'])
  expect(namesOf([server('news', ['read']), server('mail', ['send', 'read'])]).listed()).toEqual([
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
  const { listed, find } = namesOf(targets)
  expect(new Set(listed()).size).toBe(4)
  const meant = listed().map((name) => `${find(name)!.target.slug} ${find(name)!.capability.id}`)
  expect(new Set(meant).size).toBe(4)
  expect(Math.max(...listed().map((name) => name.length))).toBeLessThanOrEqual(64)
})

test('a registered tool is found also when it may not be called, so that it can be refused with a reason', () => {
  const mail = server('mail', ['send'])
  const recalled = server('news', ['read'], 'recalled')
  const { listed, find } = namesOf([mail, recalled, server('wiki', ['send'])], [mail, recalled])
  expect(listed()).toEqual(['send'])
  expect(find('read')?.target.slug).toBe('news')
  expect(find('news_read')?.target.slug).toBe('news')
  expect(find('wiki_send')?.target.slug).toBe('wiki')
  expect(find('nothing')).toBeUndefined()
})
