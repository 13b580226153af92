import { buildDidDocument } from '@ambit/core/id/did-document'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import { aicOf, bringIn, dayMs, keyWorld, owner, rotation, second } from './did-fixture.ts'

const [one, two] = [aicOf(1), aicOf(2)]
const did = 'did:web:bank.example'
const address = 'https://bank.example/.well-known/did.json'

async function open(store: Store) {
  const world = await keyWorld(store)
  const keys = await world.open()
  await keys.begin()
  return { ...world, keys }
}

/** An agent in force with an alias that its domain proves. */
async function aliased(store: Store) {
  const world = await open(store)
  const signer = await bringIn(world, one)
  const says = (...named: string[]) =>
    world.documents.set(address, JSON.stringify(buildDidDocument({ did, keys: named })))
  const name = async (agent: string, key: string) => {
    const asked = { organization: 'main', slug: 'agent-1', agent, keys: [key], aliases: [did], proofs: [] }
    const { aliases } = await world.keys.admission.admit({ ...asked, named: [key] })
    await world.keys.admission.claim(agent, 'main', { keys: [], aliases })
  }
  says(signer.key)
  await name(one, signer.key)
  const known = () => world.keys.identityOf('agent-1', 'main').aliases
  const also = () => world.keys.agentDocument('main', 'agent-1').alsoKnownAs ?? []
  expect(also()).toContain(did)
  /** Its rounds go on, each when the one before is over. */
  const rounds = async (what: string, holds: () => boolean) =>
    await until(what, () => {
      if (holds()) return true
      world.clock.advance(5 * 60_000 + 1)
      return false
    })
  return { ...world, signer, says, name, known, also, rounds }
}

/** How often a document was asked for from now on. */
function countAsked(documents: Map<string, string>): () => number {
  let asked = 0
  const get = documents.get.bind(documents)
  documents.get = (url) => {
    asked += 1
    return get(url)
  }
  return () => asked
}

describe.each(storeEngines)('aliases of other domains on $name', (engine) => {
  test('one whose document names the key no more is dropped, and free for whoever proves it', async () => {
    await using store = await engine.open()
    const { clock, says, known, also, name, keys, rounds } = await aliased(store)
    const other = memorySigner()
    await keys.admission.claim(two, 'main', { keys: [other.key], aliases: [] })
    says(other.key)
    await expect(name(two, other.key)).rejects.toMatchObject({ code: 'alias.taken' })
    clock.advance(dayMs + 1)
    await rounds('it is dropped', () => known().length === 0)
    expect(also()).not.toContain(did)
    await name(two, other.key)
  })

  test('one whose document follows a rotation stays', async () => {
    await using store = await engine.open()
    const world = await aliased(store)
    const { clock, says, also, signer, keys, documents, rounds } = world
    const next = memorySigner()
    await keys.rotate(await rotation(world, one, signer, next, { overlapS: 0 }))
    says(next.key)
    const asked = countAsked(documents)
    for (let day = 1; day <= 3; day++) {
      clock.advance(dayMs + 1)
      await rounds('it was looked at', () => asked() === day)
    }
    expect(also()).toContain(did)
  })

  test('a domain that is silent for a time keeps its word; one that stays silent loses it', async () => {
    await using store = await engine.open()
    const { clock, documents, says, signer, known, also, rounds } = await aliased(store)
    const asked = countAsked(documents)
    documents.delete(address)
    clock.advance(dayMs + 1)
    await rounds('it was asked', () => asked() === 1)
    expect(also()).toContain(did)
    says(signer.key)
    await rounds('it was asked an hour later', () => asked() === 2)
    documents.delete(address)
    clock.advance(6 * dayMs)
    await rounds('it was asked again', () => asked() === 4)
    // It is silent anew, and not since the first time.
    clock.advance(6 * dayMs)
    await rounds('it was asked once more', () => asked() === 5)
    expect(known()).toEqual([did])
    clock.advance(2 * dayMs)
    await rounds('it is dropped', () => known().length === 0)
  })

  test('goes with the last key of an agent that is put out of service', async () => {
    await using store = await engine.open()
    const { keys, known, open: again } = await aliased(store)
    await keys.endAll(one, 'p_ada')
    expect(known()).toEqual([])
    expect((await again()).identityOf('agent-1', 'main').aliases).toEqual([])
  })
})

describe.each(storeEngines)('recovery on $name', (engine) => {
  test('that waits is over for the former keeper when the record is handed over or retired', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, record, activity } = world
    const signer = await bringIn(world, one)
    await keys.setPeople(owner, 2)
    await keys.setPeople(owner, 2)
    expect(activity.leaves).toMatchObject([
      { kind: 'rights', what: 'recovery-changed', people: 2, by: 'p_ada', organization: 'main' },
    ])
    const waiting = await keys.recover(owner, 'agent-1', { proofs: [] })
    if (waiting.state !== 'waiting') throw new Error('it does not wait')
    record(one, { organization: 'north' })
    await expect(keys.confirm(second, waiting.id)).rejects.toMatchObject({ code: 'input.not-found' })
    record(one, { organization: 'main', state: 'retired' })
    await expect(keys.confirm(second, waiting.id)).rejects.toMatchObject({ code: 'agent-key.state' })
    record(one, { state: 'active' })
    expect(keys.activeKeys(one)).toEqual([signer.key])
    expect(await keys.confirm(second, waiting.id)).toMatchObject({ state: 'recovered' })
  })
})
