import { auditor, operator, registryRoom } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../kernel/route.ts'
import type { Governed } from './registry.ts'
import type { Store } from '../store/store.ts'

const owner: Caller = { ...operator, person: 'p_owner', roles: ['owner'] }
const north: Caller = { ...owner, person: 'p_ada', organization: 'north' }
const governed: Governed = { tierOf: () => 'low', checksOf: async () => undefined }
const url = 'https://notes.example/mcp'

async function inUse(store: Store, slug = 'notes', by = operator) {
  const room = await registryRoom(store)
  await room.registry.register(by, { url, slug })
  await activate(room.registry, slug, by)
  return room
}

async function activate(
  registry: Awaited<ReturnType<typeof registryRoom>>['registry'],
  record: string,
  { organization, person }: Caller,
) {
  await registry.step({ record, organization, person, step: 'submission' })
  await registry.step({ record, organization, person, step: 'activation' })
}

describe.each(storeEngines)('names on $name', (engine) => {
  test('one that can be taken for another record’s is refused, in the same organisation and in another', async () => {
    await using store = await engine.open()
    const { registry, upstream, log } = await inUse(store)
    const before = log.leaves.length
    const confusable = { code: 'record.name-confusable' }
    await expect(registry.register(operator, { url, slug: 'n0tes' })).rejects.toMatchObject({
      ...confusable,
      where: 'slug',
    })
    await expect(registry.register(north, { url, slug: 'n0tes' })).rejects.toMatchObject(confusable)
    upstream.name = 'Nоtеs'.replaceAll('N', 'Ν')
    await expect(registry.register(north, { url, slug: 'mine' })).rejects.toMatchObject({
      code: 'record.name-unreadable',
    })
    upstream.name = 'Note5'
    await registry.register(north, { url, slug: 'mine' })
    await expect(registry.edit('mine', north, { name: { en: 'N0tes' } })).rejects.toMatchObject({
      ...confusable,
      where: 'name.en',
    })
    // Nothing of whoever has the name is told.
    await expect(registry.edit('mine', north, { name: { en: 'N0tes' } })).rejects.not.toThrow(
      /main|p_operator/,
    )
    expect(log.leaves.length).toBe(before)
    expect([...registry.heads('north')].map(({ slug }) => slug)).toEqual(['mine'])
  })

  test('the same name is one’s own affair, or that of the same server, and squatting from elsewhere', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    await registry.register(operator, { url, slug: 'twin' })
    await registry.register(north, { url, slug: 'notes' })
    await expect(
      registry.register(north, { url: 'https://other.example/mcp', slug: 'else' }),
    ).rejects.toMatchObject({ code: 'record.name-confusable', where: 'name.en' })
    await registry.register(north, {
      url: 'https://other.example/mcp',
      slug: 'else',
      name: { en: 'Notes of North' },
    })
  })

  test('an owner confirms a likeness, which the record then says; others cannot', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    const asked = { url, slug: 'n0tes', confirmName: true }
    await expect(registry.register(operator, asked)).rejects.toMatchObject({ code: 'auth.role' })
    await registry.register(owner, asked)
    expect((await registry.view('n0tes', 'main', governed)).remarks.join()).toContain('p_owner confirmed')
    // What was confirmed is not asked for again.
    const { record } = await registry.read('n0tes', 'main')
    await registry.apply(operator, { ...record, version: '9.0.0', description: { en: 'More' } })
    await expect(registry.apply(operator, { ...record, name: { en: 'N0tes' } })).rejects.toMatchObject({
      code: 'record.name-confusable',
    })
  })

  test('names of the node are nobody’s, not even by an owner’s word', async () => {
    await using store = await engine.open()
    const { registry } = await registryRoom(store)
    for (const slug of ['ambit', 'arnbit', 'adrnin']) {
      const failing = registry.register(owner, { url, slug, confirmName: true })
      await expect(failing).rejects.toMatchObject({ code: 'record.name-reserved' })
    }
  })

  test('names of organisations that proved a domain are theirs', async () => {
    await using store = await engine.open()
    const domains = {
      isProved: () => false,
      namesOfOthers: (organization: string) => (organization === 'north' ? [] : ['North Bank']),
      required: false,
    }
    const { registry } = await registryRoom(store, undefined, domains)
    const reserved = { code: 'record.name-reserved' }
    await expect(registry.register(owner, { url, slug: 'north-bank' })).rejects.toMatchObject(reserved)
    await expect(
      registry.register(owner, { url, slug: 'x', name: { en: 'NORTH BANK' }, confirmName: true }),
    ).rejects.toMatchObject(reserved)
    await registry.register(owner, { url, slug: 'honest' })
    const provider = { organization: 'N0rth Bank', domains: [] }
    await expect(registry.edit('honest', owner, { provider })).rejects.toMatchObject({
      ...reserved,
      where: 'provider.organization',
    })
    await registry.register(north, { url, slug: 'north-bank' })
  })
})

describe.each(storeEngines)('a name that mandates say on $name', (engine) => {
  test('is no other record’s while one of them is in force, however the first gave it up', async () => {
    await using store = await engine.open()
    const named = new Map<string, number>()
    const room = await registryRoom(store, undefined, undefined, named)
    const { registry, clock, again } = room
    for (const slug of ['renamed', 'retired', 'other']) {
      await registry.register(operator, { url, slug })
      await activate(registry, slug, operator)
      named.set(slug, clock.now() + 400 * 86_400_000)
    }
    // Nobody had it before: whoever allowed it meant whoever would come.
    named.set('wished', clock.now() + 400 * 86_400_000)
    await registry.register(operator, { url, slug: 'wished' })
    const { id } = registry.target('renamed')!
    await registry.rename('renamed', operator, { slug: 'called-else' })
    await registry.step({ record: 'retired', organization: 'main', person: 'p_operator', step: 'retirement' })
    clock.advance(200 * 86_400_000)
    const { registry: later } = await again()
    const held = { code: 'record.name-held', where: 'slug' }
    for (const slug of ['renamed', 'retired']) {
      await expect(later.register(operator, { url, slug })).rejects.toMatchObject(held)
      await expect(later.rename('other', operator, { slug })).rejects.toMatchObject(held)
    }
    // It is what the mandate meant.
    await later.rename(id, operator, { slug: 'renamed' })
    named.delete('retired')
    clock.advance(201 * 86_400_000)
    await later.register(operator, { url, slug: 'retired' })
  })
})

describe.each(storeEngines)('renaming on $name', (engine) => {
  test('keeps identity and history; the old name points to the new one and nobody takes it', async () => {
    await using store = await engine.open()
    const { registry, again, clock, log } = await inUse(store)
    const { id, digest } = registry.target('notes')!
    await registry.rename('notes', operator, { slug: 'memos', note: 'clearer' })
    const renamed = registry.target('memos')!
    expect(renamed).toMatchObject({ id, state: 'active', version: '1.2.1' })
    expect(registry.target('notes')).toBeUndefined()
    const pointer = { code: 'record.renamed', where: 'memos' }
    await expect(registry.read('notes', 'main')).rejects.toMatchObject(pointer)
    const held = { code: 'record.name-held' }
    await expect(registry.register(operator, { url, slug: 'notes' })).rejects.toMatchObject(held)
    const { registry: restarted } = await again()
    await expect(restarted.register(operator, { url, slug: 'notes' })).rejects.toMatchObject(held)
    const view = await registry.view('memos', 'main', governed)
    expect(view.versions.map((each) => [each.digest === digest, each.state])).toEqual([
      [true, 'retired'],
      [false, 'active'],
    ])
    expect(view.rulings.map(({ body }) => body.kind)).toContain('rename')
    expect(log.leaves.some((leaf) => leaf.kind === 'ruling' && leaf.what === 'rename')).toBe(true)
    // It may go back; and once the time is over the name is free.
    await registry.rename('memos', operator, { slug: 'notes' })
    await registry.rename('notes', operator, { slug: 'memos' })
    clock.advance(181 * 24 * 60 * 60_000)
    await registry.register(operator, { url, slug: 'notes' })
  })

  test('refuses names that are taken, look alike or belong to nobody', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    await registry.register(operator, { url, slug: 'other' })
    for (const [slug, code] of [
      ['other', 'record.name-taken'],
      ['0ther', 'record.name-confusable'],
      ['admin', 'record.name-reserved'],
    ] as const)
      await expect(registry.rename('notes', operator, { slug })).rejects.toMatchObject({ code })
    expect(registry.target('notes')?.state).toBe('active')
  })
})

describe.each(storeEngines)('review on $name', (engine) => {
  test('where two people are asked for, who submits does not activate, nor accepts into use', async () => {
    await using store = await engine.open()
    const { registry } = await registryRoom(store)
    await registry.register(operator, { url })
    await registry.review.setTwoPeople(owner, true)
    await expect(activate(registry, 'notes', operator)).rejects.toMatchObject({
      code: 'record.second-person',
    })
    expect(registry.target('notes')?.state).toBe('submitted')
    await registry.step({ record: 'notes', organization: 'main', person: 'p_owner', step: 'activation' })
    await registry.accept('notes', operator, {})
    expect((await registry.view('notes', 'main', governed)).draft).toBe(true)
    await registry.review.setTwoPeople(owner, false)
  })

  test('people say what they think of a version, and another organisation does not read it', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    await registry.review.comment('notes', auditor, 'Who answers at night?')
    expect(await registry.review.comments('notes', 'main')).toMatchObject([
      { person: 'p_auditor', text: 'Who answers at night?', version: '1.2.0' },
    ])
    await expect(registry.review.comments('notes', 'north')).rejects.toMatchObject({
      code: 'input.not-found',
    })
  })

  test('the same version with other content is refused, and what was frozen stays', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    const { record, target } = await registry.read('notes', 'main')
    const changed = { ...record, description: { en: 'Other' } }
    await expect(registry.apply(operator, changed)).rejects.toMatchObject({ code: 'record.version-taken' })
    await expect(registry.edit('notes', operator, { version: record.version })).rejects.toMatchObject({
      code: 'record.version-taken',
    })
    expect(await registry.read('notes', 'main')).toEqual({ record, target })
  })
})

describe.each(storeEngines)('a takedown on $name', (engine) => {
  const reason = 'steals what it reads'

  test('takes a record out, holds its name and address, and leaves a tombstone', async () => {
    await using store = await engine.open()
    const { registry, again } = await inUse(store, 'notes', north)
    const { id } = registry.target('notes', 'north')!
    await registry.takedowns.takeDown({ record: id, reason, person: 'p_operator' })
    expect(registry.target(id)).toMatchObject({ state: 'recalled' })
    const down = { code: 'record.taken-down' }
    const as = { record: 'notes', organization: 'north', person: 'p_ada' }
    for (const step of ['reinstatement', 'retirement', 'recall', 'submission'] as const)
      await expect(registry.step({ ...as, step })).rejects.toMatchObject(down)
    await expect(registry.edit('notes', north, { version: '9.0.0' })).rejects.toMatchObject(down)
    await expect(registry.accept('notes', north, {})).rejects.toMatchObject(down)
    await expect(registry.rename('notes', north, { slug: 'fresh' })).rejects.toMatchObject(down)
    await expect(registry.transfers.offer('notes', north, { to: 'main' })).rejects.toMatchObject(down)
    await expect(
      registry.takedowns.takeDown({ record: id, reason, person: 'p_operator' }),
    ).rejects.toMatchObject(down)
    const { registry: restarted } = await again()
    for (const each of [registry, restarted]) {
      const quarantined = { code: 'record.quarantined' }
      const name = { en: 'Memos' }
      await expect(
        each.register(owner, { url: 'https://b.example/', slug: 'n0tes', name, confirmName: true }),
      ).rejects.toMatchObject({ ...quarantined, where: 'slug' })
      await expect(each.register(owner, { url: `${url}/v2`, slug: 'memos', name })).rejects.toMatchObject({
        ...quarantined,
        where: 'interfaces',
      })
      const { record } = await each.read(id, 'north')
      const { id: _, keys, organization: _organization, ...rest } = record
      const interfaces = [{ ...record.interfaces[0]!, url: 'https://b.example/mcp' }]
      const reborn = { ...rest, slug: 'memos', name, interfaces, keys }
      await expect(each.apply(owner, reborn)).rejects.toMatchObject({ ...quarantined, where: 'keys' })
      expect(each.takedowns.tombstone(id)).toMatchObject({ record: id, slug: 'notes', reason })
      await expect(each.step({ ...as, step: 'reinstatement' })).rejects.toMatchObject(down)
    }
  })

  test('is lifted by those who set it; its organisation puts it back in force', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store, 'notes', north)
    const { id } = registry.target('notes', 'north')!
    await registry.takedowns.takeDown({ record: id, reason, person: 'p_operator', wholeHosts: true })
    await expect(
      registry.register(owner, { url: 'https://notes.example/else', slug: 'memos', name: { en: 'Memos' } }),
    ).rejects.toMatchObject({ code: 'record.quarantined' })
    await registry.takedowns.lift(id, owner, 'a mistake')
    expect(registry.target(id)?.state).toBe('suspended')
    expect(registry.takedowns.tombstone(id)).toBeUndefined()
    await registry.step({ record: id, organization: 'north', person: 'p_ada', step: 'reinstatement' })
    expect(registry.target(id)?.state).toBe('active')
    await expect(registry.takedowns.lift(id, owner, 'again')).rejects.toMatchObject({
      code: 'input.not-found',
    })
  })
})

describe.each(storeEngines)('bills of material on $name', (engine) => {
  test('a recall is told to whatever is made of it, also at second hand and in other organisations', async () => {
    await using store = await engine.open()
    const { registry, rulings } = await inUse(store)
    const part = registry.target('notes')!
    const add = async (by: Caller, slug: string, digest: string) => {
      await registry.register(by, { url, slug })
      const { record } = await registry.read(slug, by.organization)
      const supplies = [{ kind: 'record', name: 'a part', digest }]
      await registry.apply(by, { ...record, supplies })
      await activate(registry, slug, by)
      return registry.target(slug, by.organization)!
    }
    const whole = await add(north, 'suite', part.digest)
    const further = await add(operator, 'portal', whole.digest)
    await add(operator, 'apart', `sha256:${'1'.repeat(64)}`)
    const { ruling } = await registry.step({
      record: 'notes',
      organization: 'main',
      person: 'p_operator',
      step: 'recall',
      note: 'leaks',
    })
    const advised = await registry.advise(ruling!)
    expect(advised.map((each) => each.slug).toSorted()).toEqual(['portal', 'suite'])
    const told = (await rulings.list(whole.id)).at(-1)!.body
    expect(told).toMatchObject({
      kind: 'advisory',
      evidence: [part.digest],
      basis: ['supplies', ruling!.body.id],
    })
    expect(told.note).toContain('leaks')
    expect(told.person).toBeUndefined()
    expect((await rulings.list(further.id)).at(-1)!.body.kind).toBe('advisory')
    // An advisory stops nothing.
    expect(registry.target(whole.id)?.state).toBe('active')
  })
})
