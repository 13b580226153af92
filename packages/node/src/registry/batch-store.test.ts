import { operator, registryRoom } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'

const url = 'https://notes.example/mcp'

/** A document of a new record, made of one that was read live. */
async function documentOf({ registry }: Awaited<ReturnType<typeof registryRoom>>) {
  await registry.register(operator, { url })
  const { id: _, keys: _keys, ...document } = (await registry.read('notes', 'main')).record
  return (slug: string, more: object = {}) => ({
    ...document,
    slug,
    name: { en: `Agent ${slug}` },
    interfaces: [{ ...document.interfaces[0], url: `https://${slug}.example/mcp` }],
    ...more,
  })
}

describe.each(storeEngines)('a batch of documents on $name', (engine) => {
  test('puts many records in force, each with its own code, key, version, leaf and rulings', async () => {
    await using store = await engine.open()
    const room = await registryRoom(store)
    const of = await documentOf(room)
    const before = room.log.leaves.length
    const documents = Array.from({ length: 120 }, (_, at) => of(`agent-${at + 100}`))
    const results = await room.registry.applyBatch(operator, documents, { activate: true })
    expect(results.every(({ ok }) => ok)).toBe(true)
    const targets = documents.map(({ slug }) => room.registry.target(slug)!)
    expect(new Set(targets.flatMap(({ id, keys }) => [id, ...(keys ?? [])])).size).toBe(240)
    expect(targets.every(({ state, version }) => state === 'active' && version === '1.2.0')).toBe(true)
    const kinds = room.log.leaves.slice(before).map((leaf) => ('what' in leaf ? leaf.what : leaf.kind))
    expect([...new Set(kinds)]).toEqual(['record', 'submission', 'activation'])
    expect(kinds).toHaveLength(360)
    // A restart finds the same.
    const again = await room.again()
    for (const { slug, id, digest } of targets)
      expect(again.registry.target(slug)).toMatchObject({ id, digest, state: 'active' })
    expect((await again.registry.read('agent-100', 'main')).record.slug).toBe('agent-100')
    expect(await again.registry.rulings('main', 'agent-219')).toHaveLength(2)
  })

  test('what is wrong with one is its own result, and the others are there', async () => {
    await using store = await engine.open()
    const room = await registryRoom(store)
    const of = await documentOf(room)
    const results = await room.registry.applyBatch(
      operator,
      [
        of('good'),
        { slug: 'torn' },
        of('other', { organization: 'elsewhere' }),
        of('good', { version: '2.0.0' }),
        of('g00d'),
        of('codes', { id: '1.2.156.3088.1.000001.ABCDEF.000001.000000001.0000' }),
        of('twice', { capabilities: [1, 2].map(() => of('x').capabilities[0]) }),
        of('last'),
      ],
      {},
    )
    expect(results.map((result) => (result.ok ? result.slug : result.fault.code))).toEqual([
      'good',
      'record.invalid',
      'record.invalid',
      'good',
      'record.name-confusable',
      'record.invalid',
      'record.invalid',
      'last',
    ])
    expect(room.registry.target('good')).toMatchObject({ state: 'draft', version: '2.0.0' })
    expect(room.registry.target('last')?.state).toBe('draft')
    for (const slug of ['torn', 'other', 'g00d', 'codes', 'twice'])
      expect(room.registry.target(slug)).toBeUndefined()
    await room.registry.step({
      record: 'last',
      organization: 'main',
      person: 'p_operator',
      step: 'submission',
    })
    expect(room.registry.target('last')?.state).toBe('submitted')
  })

  test('two batches at once give a name once', async () => {
    await using store = await engine.open()
    const room = await registryRoom(store)
    const of = await documentOf(room)
    const both = await Promise.all(
      [1, 2].map(async () => await room.registry.applyBatch(operator, [of('wanted')], { activate: true })),
    )
    // Whoever comes second is refused, or finds the record as its own document has it.
    const [first, second] = both.flat().toSorted((left, right) => Number(right.ok) - Number(left.ok))
    expect(first).toMatchObject({ ok: true })
    if (second?.ok === false) expect(second.fault.code).toBe('record.name-taken')
    const slugs = [...room.registry.heads('main')].map(({ slug }) => slug)
    expect(slugs.filter((slug) => slug === 'wanted')).toHaveLength(1)
  })

  test('where two people are wanted nothing is put in force by one', async () => {
    await using store = await engine.open()
    const room = await registryRoom(store)
    const of = await documentOf(room)
    await store
      .tables<{ registry_policy: { organization: string; two_people: number } }>()
      .insertInto('registry_policy')
      .values({ organization: 'main', two_people: 1 })
      .execute()
    await expect(room.registry.applyBatch(operator, [of('one')], { activate: true })).rejects.toMatchObject({
      code: 'record.second-person',
    })
    expect(room.registry.target('one')).toBeUndefined()
    expect((await room.registry.applyBatch(operator, [of('one')], {}))[0]).toMatchObject({ ok: true })
  })
})
