import { buildDidDocument, methodId } from '@ambit/core/id/did-document'
import { sign } from '@ambit/core/signature'
import { timeText } from '../kernel/clock.ts'
import { busPair } from '@ambit/testkit/bus-pair'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { describe, expect, test } from 'vitest'
import { activate, aicOf, bringIn, dayMs, keyWorld, owner, rotation, second } from './did-fixture.ts'
import { compromisedKey } from './did.ts'

const [one, two] = [aicOf(1), aicOf(2)]

async function open(store: Parameters<typeof keyWorld>[0]) {
  const world = await keyWorld(store)
  const keys = await world.open()
  await keys.begin()
  return { ...world, keys }
}

describe.each(storeEngines)('keys of agents on $name', (engine) => {
  test('a key that a record in force names is the agent’s, and nobody else’s ever', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, record, log } = world
    const signer = await bringIn(world, one)
    expect(keys.agentOf(signer.key)).toEqual({ aic: one, organization: 'main' })
    expect(log.leaves.at(-1)).toMatchObject({ kind: 'agent-key', step: 'named', agent: one, key: signer.key })
    record(two, { state: 'draft' })
    const claim = { keys: [signer.key], aliases: [] }
    await expect(keys.admission.claim(two, 'main', claim)).rejects.toMatchObject({ code: 'agent-key.taken' })
    // Of a record that is not in force nothing speaks.
    record(one, { state: 'suspended' })
    expect(keys.agentOf(signer.key)).toBeUndefined()
    record(one, { state: 'active', keys: [] })
    expect(keys.agentOf(signer.key)).toBeUndefined()
  })

  test('of two replicas that take one key for two agents, one does', async () => {
    await using store = await engine.open()
    const [left, right] = busPair()
    const world = await keyWorld(store, left)
    const [here, there] = [await world.open(left), await world.open(right)]
    const { key } = memorySigner()
    const claimed = await Promise.allSettled([
      here.admission.claim(one, 'main', { keys: [key], aliases: [] }),
      there.admission.claim(two, 'main', { keys: [key], aliases: [] }),
    ])
    expect(claimed.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('a rotated key counts until its overlap is over, and what it holds ends then', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, clock, ended, log } = world
    const old = await bringIn(world, one)
    const next = memorySigner()
    const rotated = await keys.rotate(await rotation(world, one, old, next, { overlapS: 3600 }))
    expect(rotated.until).toBe(clock.now() + 3_600_000)
    expect(keys.activeKeys(one)).toEqual(expect.arrayContaining([old.key, next.key]))
    expect(log.leaves.at(-1)).toMatchObject({ step: 'rotated', key: next.key, other: old.key })
    clock.advance(3_599_999)
    expect(keys.agentOf(old.key)).toBeDefined()
    clock.advance(1)
    expect(keys.agentOf(old.key)).toBeUndefined()
    expect(keys.activeKeys(one)).toEqual([next.key])
    await until('what it holds ended', () => ended.length > 0)
    expect(ended).toEqual([old.key])
    // The new one rotates on; the old one does not come back.
    const third = memorySigner()
    await expect(keys.rotate(await rotation(world, one, old, third))).rejects.toMatchObject({
      code: 'agent-key.state',
    })
    await expect(keys.rotate(await rotation(world, one, next, old))).rejects.toMatchObject({
      code: 'agent-key.taken',
    })
    await keys.rotate(await rotation(world, one, next, third))
    const again = await world.open()
    expect(again.activeKeys(one).toSorted()).toEqual([next.key, third.key].toSorted())
  })

  test('refuses a rotation that one of the two keys did not sign, one of another time, and one again', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, clock } = world
    const old = await bringIn(world, one)
    const other = await bringIn(world, two)
    const [next, stranger] = [memorySigner(), memorySigner()]
    const code = async (signed: Parameters<typeof keys.rotate>[0]) =>
      await keys.rotate(signed).then(
        () => undefined,
        (error: unknown) => (error as { code: string }).code,
      )
    const good = await rotation(world, one, old, next)
    expect(await code({ ...good, signature: (await sign(good.body, stranger)).signature })).toBe(
      'agent-key.proof',
    )
    expect(await code({ ...good, proof: (await sign(good.body, stranger)).signature })).toBe(
      'agent-key.proof',
    )
    expect(await code({ ...good, body: { ...good.body, overlapS: 0 } })).toBe('agent-key.proof')
    expect(await code(await rotation(world, one, stranger, next))).toBe('agent-key.state')
    expect(await code(await rotation(world, two, old, next))).toBe('agent-key.state')
    expect(await code(await rotation(world, one, old, other))).toBe('agent-key.taken')
    expect(await code(await rotation(world, one, old, old))).toBe('agent-key.proof')
    for (const ms of [-301_000, 301_000])
      expect(await code(await rotation(world, one, old, next, { at: timeText(clock.now() + ms) }))).toBe(
        'agent-key.stale',
      )
    expect(await code(good)).toBeUndefined()
    expect(await code(good)).toBe('agent-key.state')
    expect(keys.keysOf(one).map(({ key }) => key)).toHaveLength(2)
  })

  test('a compromised key ends at once and for ever, by its own word or by that of people', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, bus, ended, clock, log } = world
    const [first, other] = [await bringIn(world, one), await bringIn(world, two)]
    const heard: unknown[] = []
    bus.subscribe(compromisedKey, (message) => {
      // Whoever hears of it finds it so already.
      heard.push([message, keys.agentOf(String(message['key']))])
    })
    const said = {
      v: 1 as const,
      type: 'agent-key.compromise' as const,
      at: timeText(clock.now() - 90 * dayMs),
    }
    const body = { ...said, agent: one, key: first.key, nonce: 'n'.repeat(16) }
    const forged = await sign(body, other)
    await expect(keys.reportByKey(forged)).rejects.toMatchObject({ code: 'agent-key.proof' })
    expect(keys.agentOf(first.key)).toBeDefined()
    expect(await keys.reportByKey(await sign(body, first))).toEqual({
      agent: one,
      key: first.key,
      mandates: 1,
    })
    expect(await keys.report(owner, 'agent-2', other.key)).toMatchObject({ mandates: 1 })
    expect(heard).toEqual([
      [{ aic: one, key: first.key }, undefined],
      [{ aic: two, key: other.key }, undefined],
    ])
    expect(ended).toEqual([first.key, other.key])
    expect(
      log.leaves.filter((leaf) => leaf.kind === 'agent-key' && leaf.step === 'compromised'),
    ).toMatchObject([
      { key: first.key, statement: expect.stringContaining('sha256:') },
      { key: other.key, people: ['p_ada'] },
    ])
    const claim = { keys: [first.key], aliases: [] }
    await expect(keys.admission.claim(aicOf(3), 'main', claim)).rejects.toMatchObject({
      code: 'agent-key.compromised',
    })
    await expect(keys.recover(owner, 'agent-1', { key: first.key, proofs: [] })).rejects.toMatchObject({
      code: 'agent-key.compromised',
    })
    const again = await world.open()
    expect(again.agentOf(first.key)).toBeUndefined()
    expect(again.keysOf(one)[0]?.state).toBe('compromised')
  })

  test('people recover a lost key; the old one is over at once', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, ended } = world
    const old = await bringIn(world, one)
    const next = memorySigner()
    const wish = { key: next.key, proofs: [] }
    await expect(keys.recover(owner, 'agent-1', wish)).rejects.toMatchObject({ code: 'agent-key.proof' })
    const { challenge } = keys.challenge('main')
    const possession = {
      v: 1 as const,
      type: 'agent-key.possession' as const,
      organization: 'main',
      slug: 'agent-1',
      key: next.key,
      challenge,
    }
    const elsewhere = await sign({ ...possession, slug: 'agent-2' }, next)
    await expect(
      keys.recover(owner, 'agent-1', { key: next.key, proofs: [elsewhere] }),
    ).rejects.toMatchObject({
      code: 'agent-key.proof',
    })
    const proofs = [await sign(possession, next)]
    expect(await keys.recover(owner, 'agent-1', { key: next.key, proofs })).toEqual({
      state: 'recovered',
      key: next.key,
      retired: [old.key],
      mandates: 1,
    })
    expect(keys.activeKeys(one)).toEqual([next.key])
    expect(ended).toEqual([old.key])
  })

  test('where the organization asks for two people, the second one is another one', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, clock, log } = world
    const old = await bringIn(world, one)
    await keys.setPeople(owner, 2)
    const asked = await keys.recover(owner, 'agent-1', { proofs: [], note: 'lost' })
    if (asked.state !== 'waiting') throw new Error('it did not wait')
    expect(keys.activeKeys(one)).toEqual([old.key])
    expect(await keys.recoveries('main')).toMatchObject([{ id: asked.id, person: 'p_ada', note: 'lost' }])
    await expect(keys.confirm(owner, asked.id)).rejects.toMatchObject({ code: 'agent-key.second-person' })
    await expect(keys.confirm({ ...second, organization: 'north' }, asked.id)).rejects.toMatchObject({
      code: 'input.not-found',
    })
    expect(await keys.confirm(second, asked.id)).toMatchObject({ state: 'recovered', key: asked.key })
    expect(log.leaves.find((leaf) => leaf.kind === 'agent-key' && leaf.step === 'recovered')).toMatchObject({
      people: ['p_ada', 'p_ben'],
    })
    await expect(keys.confirm(second, asked.id)).rejects.toMatchObject({ code: 'input.not-found' })
    const late = await keys.recover(owner, 'agent-1', { proofs: [] })
    clock.advance(dayMs)
    await expect(keys.confirm(second, late.state === 'waiting' ? late.id : '')).rejects.toMatchObject({
      code: 'input.not-found',
    })
  })

  test('a replica hears of a compromise at once, and finds what it missed', async () => {
    await using store = await engine.open()
    const [left, right] = busPair()
    const world = await keyWorld(store, left)
    const [here, there] = [await world.open(left), await world.open(right)]
    await here.begin()
    const [first, other] = [
      await bringIn({ ...world, keys: here }, one),
      await bringIn({ ...world, keys: here }, two),
    ]
    await right.heal()
    expect(there.agentOf(first.key)).toEqual({ aic: one, organization: 'main' })
    const reported = here.report(owner, 'agent-1', first.key)
    expect(there.agentOf(first.key)).toBeUndefined()
    await reported
    right.deaf = true
    await here.report(owner, 'agent-2', other.key)
    expect(there.agentOf(other.key)).toBeDefined()
    const told: unknown[] = []
    right.subscribe(compromisedKey, ({ key }) => told.push(key))
    await right.heal()
    expect(there.agentOf(other.key)).toBeUndefined()
    expect(told).toContain(other.key)
  })

  test('the node rotates a key that it keeps itself, and writes leaves that it did not come to write', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, record, bus, kept, log } = world
    const signer = memorySigner()
    kept.set(signer.key, signer)
    record(one, { keys: [signer.key], state: 'active' })
    await activate(bus, one)
    const { next } = await keys.rotateKept(owner, 'agent-1', 0)
    expect(keys.activeKeys(one)).toEqual([next])
    const outside = await bringIn(world, two)
    await expect(keys.rotateKept(owner, 'agent-2')).rejects.toMatchObject({ code: 'agent-key.state' })
    log.fails = true
    await expect(keys.report(owner, 'agent-2', outside.key)).rejects.toBeDefined()
    expect(keys.agentOf(outside.key)).toBeUndefined()
    log.fails = false
    const again = await world.open()
    await again.begin()
    expect(log.leaves.at(-1)).toMatchObject({ step: 'compromised', key: outside.key })
  })

  test('a signature is by the key that a record or a domain names, and by no other', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, documents, record } = world
    const signer = await bringIn(world, one)
    const [web = '', wba = ''] = keys.identityOf('agent-1', 'main').dids
    expect(web).toBe('did:web:node.example:agents:agent-1')
    expect(wba).toMatch(/^did:wba:node\.example:agents:agent-1:e1_[A-Za-z0-9_-]{43}$/)
    const own = { key: signer.key, aic: one }
    for (const name of [
      signer.key,
      methodId(web, signer.key),
      methodId(wba, signer.key),
      one,
      `${one}#${signer.key}`,
    ])
      expect(keys.keyNamed(name), name).toEqual(own)
    const stranger = memorySigner()
    const elsewhere = methodId('did:web:node.example:agents:agent-2', signer.key)
    for (const name of [
      stranger.key,
      web,
      methodId(web, stranger.key),
      elsewhere,
      `${one}#`,
      `${one}#6Mk`,
      '',
      '#',
    ])
      expect(keys.keyNamed(name), name).toBeUndefined()
    const binding = wba.split(':').at(-1)!
    expect(keys.agentDocument('main', 'agent-1', binding).id).toBe(wba)
    expect(() => keys.agentDocument('main', 'agent-1', `e1_${'A'.repeat(43)}`)).toThrow()

    const did = 'did:web:other.example'
    const says = (subject: string, ...named: string[]) =>
      documents.set(
        'https://other.example/.well-known/did.json',
        JSON.stringify(buildDidDocument({ did: subject, keys: named })),
      )
    says(did, stranger.key)
    expect(await keys.resolve(methodId(did, stranger.key))).toEqual({ key: stranger.key, of: did })
    expect(await keys.resolve(methodId(did, memorySigner().key))).toBeUndefined()
    says('did:web:evil.example', stranger.key)
    await expect(keys.resolve(methodId(did, stranger.key))).rejects.toMatchObject({ code: 'alias.unproved' })
    // What was reported here no domain brings back, and nothing speaks for a record that is not in force.
    says(did, signer.key)
    record(one, { state: 'suspended' })
    expect(keys.keyNamed(signer.key)).toBeUndefined()
    expect(() => keys.agentDocument('main', 'agent-1')).toThrow()
    await keys.report(owner, 'agent-1', signer.key)
    expect(await keys.resolve(methodId(did, signer.key))).toBeUndefined()
  })

  test('a document takes no key away and brings none back', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys } = world
    const signer = await bringIn(world, one)
    const asked = { organization: 'main', slug: 'agent-1', agent: one, aliases: [], proofs: [] }
    await expect(keys.admission.admit({ ...asked, keys: [] })).rejects.toMatchObject({
      code: 'agent-key.removal',
    })
    await keys.admission.admit({ ...asked, keys: [signer.key] })
    const next = memorySigner()
    await keys.rotate(await rotation(world, one, signer, next, { overlapS: 0 }))
    await expect(keys.admission.admit({ ...asked, keys: [next.key, signer.key] })).rejects.toMatchObject({
      code: 'agent-key.taken',
    })
    await keys.admission.admit({ ...asked, keys: [next.key, signer.key], named: [signer.key] })
    await keys.admission.admit({ ...asked, keys: [next.key] })
    expect(await keys.endAll(one, 'p_ada')).toEqual([next.key])
    expect(keys.activeKeys(one)).toEqual([])
  })

  test('a key of a draft that is gone is free again, unless it was reported', async () => {
    await using store = await engine.open()
    const world = await open(store)
    const { keys, record, targets } = world
    const [free, lost] = [memorySigner(), memorySigner()]
    await keys.admission.claim(one, 'main', { keys: [free.key, lost.key], aliases: [] })
    record(one, { state: 'draft', keys: [free.key, lost.key] })
    await keys.report(owner, 'agent-1', lost.key)
    targets.delete(one)
    await keys.admission.release(one)
    await keys.admission.claim(two, 'main', { keys: [free.key], aliases: [] })
    const claim = { keys: [lost.key], aliases: [] }
    await expect(keys.admission.claim(two, 'main', claim)).rejects.toMatchObject({
      code: 'agent-key.compromised',
    })
    const again = await world.open()
    await expect(again.admission.claim(two, 'main', claim)).rejects.toMatchObject({
      code: 'agent-key.compromised',
    })
  })
})
