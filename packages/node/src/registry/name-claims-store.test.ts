import { busPair } from '@ambit/testkit/bus-pair'
import { operator, registryRoom } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../kernel/route.ts'
import type { Registry } from './registry.ts'
import type { Store } from '../store/store.ts'

const north: Caller = { ...operator, person: 'p_ada', organization: 'north' }
const url = 'https://notes.example/mcp'
const elsewhere = 'https://else.example/mcp'

/** Two replicas of which the second hears nothing of the first, as in the moment before a message arrives. */
async function replicas(store: Store) {
  const [first, second] = busPair()
  const one = await registryRoom(store, first)
  const two = await one.again(second)
  first.deaf = true
  second.deaf = true
  return { ...one, one: one.registry, two: two.registry }
}

async function liveNames(store: Store): Promise<string[]> {
  const { registry } = await registryRoom(store)
  return ['main', 'north'].flatMap((organization) =>
    [...registry.heads(organization)].map(({ slug }) => slug),
  )
}

/** At most one of them comes through; whoever does not is told why. */
async function raced(...calls: (() => Promise<unknown>)[]): Promise<number> {
  const ended = await Promise.allSettled(calls.map(async (call) => await call()))
  for (const each of ended)
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'record.name-confusable' })
  return ended.filter(({ status }) => status === 'fulfilled').length
}

describe.each(storeEngines)('names that look alike in the same moment on $name', (engine) => {
  const named = (slug: string, address = url) => ({ url: address, slug, name: { en: `The ${slug}` } })

  test('do not both pass, within one process', async () => {
    await using store = await engine.open()
    const { registry } = await registryRoom(store)
    const passed = await raced(
      async () => await registry.register(operator, named('mailer')),
      async () => await registry.register(north, named('rnailer', elsewhere)),
    )
    expect(passed).toBeLessThan(2)
    expect(await liveNames(store)).toHaveLength(passed)
  })

  test('do not both pass on two replicas, whichever way they come', async () => {
    await using store = await engine.open()
    const { one, two } = await replicas(store)
    await one.register(operator, named('mailer'))
    const confusable = { code: 'record.name-confusable' }
    // What memory does not know yet stands in the store.
    await expect(two.register(north, named('rnailer', elsewhere))).rejects.toMatchObject(confusable)
    const { record } = await one.read('mailer', 'main')
    const { id: _, keys: _keys, ...rest } = record
    const document = { ...rest, organization: 'north', slug: 'rnailer', name: { en: 'Else' } }
    expect(await two.applyBatch(north, [document], {})).toMatchObject([{ ok: false, fault: confusable }])
    await two.register(north, named('parcel', elsewhere))
    await expect(two.rename('parcel', north, { slug: 'rnailer' })).rejects.toMatchObject(confusable)
    await expect(two.edit('parcel', north, { name: { en: 'The rnailer' } })).rejects.toMatchObject(confusable)
    await expect(two.register(operator, named('mai-ler'))).rejects.toMatchObject(confusable)
    expect((await liveNames(store)).toSorted()).toEqual(['mailer', 'parcel'])
  })

  test('the same name is still one’s own affair, and what came to nothing stands in nobody’s way', async () => {
    await using store = await engine.open()
    const { one, two } = await replicas(store)
    await one.register(operator, { url, slug: 'corner' })
    await two.register(operator, { url, slug: 'second' })
    await two.register(north, { url, slug: 'third' })
    const refused = two.register(north, named('comer', elsewhere))
    await expect(refused).rejects.toMatchObject({ code: 'record.name-confusable' })
    await one.step({ record: 'corner', organization: 'main', person: 'p_operator', step: 'retirement' })
    await two.register(north, named('comer', elsewhere))
    expect((await liveNames(store)).toSorted()).toEqual(['comer', 'second', 'third'])
  })

  test('of many at once, one of each look at the most', async () => {
    await using store = await engine.open()
    const { one, two } = await replicas(store)
    const alike = ['cafe', 'c-afe', 'caf-e', 'ca-fe']
    const rooms: readonly Registry[] = [one, two]
    const passed = await raced(
      ...alike.map(
        (slug, at) => async () => await rooms[at % 2]!.register(operator, { url, slug, name: { en: slug } }),
      ),
    )
    expect(passed).toBeLessThan(2)
    expect(await liveNames(store)).toHaveLength(passed)
  })
})
