import { strictestProfile } from '@ambit/core/record'
import type { Profile } from '@ambit/core/record'
import { operator, registryRoom, toolOf } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../kernel/route.ts'
import { isAsStrict } from './loosening.ts'
import type { Store } from '../store/store.ts'

const url = 'https://notes.example/mcp'
const program: Caller = { ...operator, by: 'token' }
const second: Caller = { ...operator, person: 'p_second' }
const owner: Caller = { ...operator, person: 'p_owner', roles: ['owner'] }
const session = { code: 'record.session' }
const mild: Profile = { ...strictestProfile, effect: 'read', reversibility: 0 }

async function inUse(store: Store) {
  const room = await registryRoom(store)
  await room.registry.register(operator, { url })
  for (const step of ['submission', 'activation'] as const)
    await room.registry.step({ ...as(operator), step })
  return room
}

function as({ person, organization, by }: Caller, record = 'notes') {
  return { record, person, organization, by }
}

describe.each(storeEngines)('an API token on $name', (engine) => {
  test('brings no milder profile into force: by accepting, by a document, by a draft, or in a batch', async () => {
    await using store = await engine.open()
    const { registry, log } = await inUse(store)
    const before = registry.target('notes')
    const leaves = log.leaves.length
    await expect(registry.accept('notes', program, {})).rejects.toMatchObject(session)
    const profiles = { list_notes: mild }
    await expect(registry.accept('notes', program, { profiles })).rejects.toMatchObject({
      ...session,
      where: 'notes capabilities.list_notes',
    })
    expect(log.leaves.length).toBe(leaves)
    expect(registry.target('notes')).toEqual(before)
    // What it prepares waits for somebody who is signed in.
    await registry.edit('notes', program, { capabilities: profiles })
    await registry.step({ ...as(program), step: 'submission' })
    await expect(registry.step({ ...as(program), step: 'activation' })).rejects.toMatchObject(session)
    await registry.step({ ...as(operator), step: 'activation' })
    expect(registry.target('notes')?.capabilities.get('list_notes')?.profile).toEqual(mild)
    const { record } = await registry.read('notes', 'main')
    const { id: _, keys: _keys, ...rest } = record
    const fresh = { ...rest, slug: 'memos', name: { en: 'Memos' } }
    for (const document of [fresh, { ...record, version: '9.0.0', capabilities: [], interfaces: [] }]) {
      const [result] = await registry.applyBatch(program, [document], { activate: true })
      expect(result).toMatchObject({ ok: false, fault: session })
    }
    expect(registry.target('memos')).toBeUndefined()
  })

  test('lets nothing go elsewhere, and takes up no definition that is held', async () => {
    await using store = await engine.open()
    const { registry, upstream } = await inUse(store)
    const { record } = await registry.read('notes', 'main')
    const interfaces = [{ ...record.interfaces[0]!, url: 'https://else.example/mcp' }]
    await registry.apply(program, { ...record, version: '9.0.0', interfaces })
    await registry.step({ ...as(program), step: 'submission' })
    await expect(registry.step({ ...as(program), step: 'activation' })).rejects.toMatchObject({
      ...session,
      where: 'notes interfaces',
    })
    upstream.tools = [toolOf('list_notes', 'Lists the notes of everybody'), upstream.tools[1]!]
    await registry.probe('notes', 'main', 'p_operator')
    expect(registry.target('notes')?.capabilities.get('list_notes')?.held).toBe(true)
    const profiles = { list_notes: strictestProfile }
    await expect(registry.accept('notes', program, { profiles })).rejects.toMatchObject(session)
    expect(registry.target('notes')?.capabilities.get('list_notes')?.held).toBe(true)
  })

  test('puts in force what is as strict as before, or stricter', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    await registry.accept('notes', operator, { profiles: { list_notes: mild } })
    await registry.edit('notes', program, {
      description: { en: 'In other words' },
      capabilities: { list_notes: { ...mild, effect: 'write' } },
    })
    for (const step of ['submission', 'activation'] as const) await registry.step({ ...as(program), step })
    expect(registry.target('notes')?.capabilities.get('list_notes')?.profile.effect).toBe('write')
  })
})

describe.each(storeEngines)('two-person review on $name', (engine) => {
  test('holds for credentials that a record in use is to ask for', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    await registry.review.setTwoPeople(owner, true)
    const { version } = registry.target('notes')!
    await registry.putSecret('notes', operator, { header: 'x-key', value: 'k', for: 'everyone' })
    expect(registry.target('notes')).toMatchObject({ version, interfaces: [{ security: [] }] })
    await registry.step({ ...as(operator), step: 'submission' })
    await expect(registry.step({ ...as(operator), step: 'activation' })).rejects.toMatchObject({
      code: 'record.second-person',
    })
    await registry.step({ ...as(second), step: 'activation' })
    expect(registry.target('notes')?.interfaces[0]?.security).toHaveLength(1)
  })

  test('holds for a sign-in that it is to ask for', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    await registry.review.setTwoPeople(owner, true)
    const { version } = registry.target('notes')!
    await registry.signIn.setClient('notes', operator, { clientId: 'us', grant: 'authorization_code' })
    expect(registry.target('notes')).toMatchObject({ version, interfaces: [{ security: [] }] })
    const { record } = await registry.read('notes', 'main')
    expect(record.version).toBe(version)
  })

  test('switched on or off is on record, with who did it, before it holds', async () => {
    await using store = await engine.open()
    const { registry, activity } = await inUse(store)
    await registry.review.setTwoPeople(owner, true)
    await registry.review.setTwoPeople(owner, true)
    await registry.review.setTwoPeople(owner, false)
    const leaf = { kind: 'rights', what: 'review-changed', by: 'p_owner', organization: 'main' }
    expect(activity.leaves).toMatchObject([
      { ...leaf, people: 2 },
      { ...leaf, people: 1 },
    ])
    activity.write = async () => await Promise.reject(new Error('the log is away'))
    await expect(registry.review.setTwoPeople(owner, true)).rejects.toThrow('the log is away')
    expect(await registry.review.wantsTwoPeople('main')).toBe(false)
  })
})

describe('how strict a profile is', () => {
  const base: Profile = {
    effect: 'write',
    reversibility: 1,
    roles: { to: 'sink', id: 'selector' },
    integrity: { text: 1 },
    dataClasses: ['health'],
    windowMs: 1000,
  }
  test.each([
    ['the same', {}, true],
    ['a graver effect', { effect: 'egress' }, true],
    ['a lighter effect', { effect: 'read' }, false],
    ['more easily undone', { reversibility: 0 }, false],
    ['an argument that is no sink any more', { roles: { to: 'selector', id: 'selector' } }, false],
    ['an argument that is nobody’s any more', { roles: { to: 'sink' } }, true],
    ['more believed', { integrity: { text: 2 } }, false],
    ['a class of data less', { dataClasses: [] }, false],
    ['a shorter time to veto', { windowMs: 10 }, false],
    ['a longer time to veto', { windowMs: 2000 }, true],
    [
      'money read in another way',
      { money: { amount: 'x', currency: { code: 'EUR' }, unit: 'minor' } },
      false,
    ],
    ['undone by something else', { inverse: { capability: 'x', arguments: {} } }, false],
  ] as [string, Partial<Profile>, boolean][])('%s', (_name, change, holds) => {
    expect(isAsStrict(base, { ...base, ...change })).toBe(holds)
  })
})
