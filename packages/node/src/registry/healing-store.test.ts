import { busPair } from '@ambit/testkit/bus-pair'
import { registryRoom } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { Fault } from '@ambit/core/fault'
import { describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'

const operator = { person: 'p_olga', organization: 'main', roles: ['operator'], by: 'session' } as const
const as = { record: 'notes', organization: 'main', person: 'p_olga' } as const
const url = 'https://notes.example/mcp'

/** Two replicas of one node on one store. */
async function replicas(store: Store) {
  const [first, second] = busPair()
  const one = await registryRoom(store, first)
  const two = await one.again(second)
  return { one: one.registry, two: two.registry, rulings: two.rulings, second }
}

describe.each(storeEngines)('two replicas of a registry on $name', (engine) => {
  test('a record and what is ruled on it on one are known on the other', async () => {
    await using store = await engine.open()
    const { one, two, rulings, second } = await replicas(store)
    const learned: unknown[] = []
    second.subscribe('ruling.recall', (message) => {
      if (message['learned'] === true) learned.push(two.target('notes')?.state)
    })
    await one.register(operator, { url })
    await one.step({ ...as, step: 'submission' })
    await one.step({ ...as, step: 'activation' })
    await until('it is active there', () => two.target('notes')?.state === 'active')
    const epoch = rulings.epoch
    await one.step({ ...as, step: 'recall', note: 'leaks notes' })
    await until('it is recalled there', () => two.target('notes')?.state === 'recalled')
    expect(rulings.epoch).toBeGreaterThan(epoch)
    // Whoever stops acts hears of it when the memory has it.
    expect(learned[0]).toBe('recalled')
  })

  test('what was taken down, renamed or handed over on one is so on the other', async () => {
    await using store = await engine.open()
    const { one, two, second } = await replicas(store)
    await one.register(operator, { url })
    await one.step({ ...as, step: 'submission' })
    await one.step({ ...as, step: 'activation' })
    await one.rename('notes', operator, { slug: 'memos' })
    await until('the new name is there', () => two.target('memos')?.state === 'active')
    await until('the old one is held there', async () => {
      const problem = await two.read('notes', 'main').catch((error: unknown) => error)
      return Fault.is(problem, 'record.renamed')
    })
    await one.takedowns.takeDown({ record: 'memos', reason: 'steals', person: 'p_olga' })
    await until('it is taken down there', () => two.takedowns.list().length === 1)
    await until('it is out of use there', () => two.target('memos')?.state === 'recalled')
    const lifted = two.step({ ...as, record: 'memos', step: 'reinstatement' })
    await expect(lifted).rejects.toMatchObject({ code: 'record.taken-down' })
    second.deaf = true
    const { id } = one.target('memos')!
    await one.takedowns.lift(id, { person: 'p_olga' }, 'mended')
    expect(two.takedowns.list()).toHaveLength(1)
    await second.heal()
    expect(two.takedowns.list()).toEqual([])
    expect(two.target('memos')?.state).toBe('suspended')
  })

  test('what was not heard is found in the store, what is gone too', async () => {
    await using store = await engine.open()
    const { one, two, second } = await replicas(store)
    await one.register(operator, { url })
    await one.step({ ...as, step: 'submission' })
    await one.step({ ...as, step: 'activation' })
    await one.register(operator, { url, slug: 'draft' })
    await until('both are there', () => two.target('draft') && two.target('notes')?.state === 'active')
    second.deaf = true
    await one.edit('notes', operator, { scenarios: ['healthcare'] })
    await one.step({ ...as, step: 'submission' })
    await one.step({ ...as, step: 'activation' })
    await one.step({ ...as, step: 'suspension', note: 'looked at' })
    await one.step({ ...as, record: 'draft', step: 'retirement' })
    expect(two.target('notes')?.state).toBe('active')
    let told = 0
    second.subscribe('record.changed', () => void told++)
    await second.heal()
    expect(two.target('notes')).toMatchObject({ state: 'suspended', digest: one.target('notes')?.digest })
    expect(two.target('draft')).toBeUndefined()
    expect(told).toBeGreaterThan(0)
    // What was learned of rulings is read on its own; then there is nothing left to tell.
    await until('a heal finds nothing', async () => {
      const before = told
      await second.heal()
      return told === before
    })
  })

  test('when a gap is healed, the version in force is too, also where only the rows were heard of', async () => {
    await using store = await engine.open()
    const { one, two, second } = await replicas(store)
    await one.register(operator, { url })
    for (const step of ['submission', 'activation'] as const) await one.step({ ...as, step })
    await until('it is active there', () => two.target('notes')?.state === 'active')
    second.deaf = true
    await one.edit('notes', operator, { scenarios: ['healthcare'] })
    for (const step of ['submission', 'activation'] as const) await one.step({ ...as, step })
    let told = 0
    second.subscribe('record.changed', (_message, _subject, from) => void (told += from === 'here' ? 1 : 0))
    second.hear('record.changed', { record: one.target('notes')!.id, slug: 'notes' })
    await until('the rows are read', () => told > 0)
    await second.heal()
    expect(two.target('notes')).toMatchObject({ state: 'active', digest: one.target('notes')?.digest })
  })
})
