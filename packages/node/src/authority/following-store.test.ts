import { busPair } from '@ambit/testkit/bus-pair'
import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { storeEngines } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import { request, world } from './authority-fixture.ts'
import { grant, narrow, revoke } from './grants.ts'

/** Two replicas of one node on one store. */
async function replicas(store: Store) {
  const [first, second] = busPair()
  const parts = await world(store, handClock(), memoryLog(), first)
  const one = await parts.open()
  const two = await parts.open(second)
  const token = async (id: string) => {
    const request = { client: undefined, expiresAt: undefined, by: parts.person }
    return await one.mandates.tokens.create(one.mandates.book.get(id)!, request)
  }
  return { ...parts, first, second, one, two, token }
}

describe.each(storeEngines)('two replicas on $name', (engine) => {
  test('a chain and its token made on one work on the other, and end there at once', async () => {
    await using store = await engine.open()
    const { one, two, person, clock, token } = await replicas(store)
    const parent = await grant(one.mandates, request(person, clock))
    const child = await narrow(one.mandates, parent, {
      person,
      task: 'one thing',
      expiresAt: clock.now() + 60_000,
    })
    const { token: secret } = await token(child.body.id)
    await until('the other one has it', () => two.authenticate(secret).ok)
    const answer = two.authenticate(secret)
    expect(answer.ok && answer.holder.chain.links.slice(0, 2)).toEqual([parent.body.id, child.body.id])
    await revoke(one.mandates, parent.body.id, person, undefined)
    expect(two.authenticate(secret)).toMatchObject({ ok: false, code: 'auth.revoked' })
  })

  test('what was not heard is found in the store, and whoever has acts below it is told', async () => {
    await using store = await engine.open()
    const { one, two, person, clock, token, second } = await replicas(store)
    const gone = await grant(one.mandates, request(person, clock))
    const kept = await grant(one.mandates, request(person, clock))
    const [below, lost, stays] = [
      await token(gone.body.id),
      await token(kept.body.id),
      await token(kept.body.id),
    ]
    await until('the other one has them', () =>
      [below, lost, stays].every((each) => two.authenticate(each.token).ok),
    )
    second.deaf = true
    const told: unknown[] = []
    second.subscribe('mandate.revoked', ({ ids }) => told.push(ids))
    await revoke(one.mandates, gone.body.id, person, undefined)
    await one.mandates.tokens.revoke(lost.id)
    const late = await grant(one.mandates, request(person, clock))
    const lateToken = await token(late.body.id)
    expect(two.authenticate(below.token).ok).toBe(true)
    expect(two.authenticate(lateToken.token).ok).toBe(false)
    await second.heal()
    expect(told).toEqual([[gone.body.id]])
    expect(two.authenticate(below.token)).toMatchObject({ code: 'auth.revoked' })
    expect(two.authenticate(lost.token)).toMatchObject({ code: 'auth.revoked' })
    expect(two.authenticate(stays.token).ok).toBe(true)
    expect(two.authenticate(lateToken.token).ok).toBe(true)
  })

  test('a message that says what the store does not is not believed', async () => {
    await using store = await engine.open()
    const { one, two, first, person, clock, second } = await replicas(store)
    second.deaf = true
    const revoked = await grant(one.mandates, request(person, clock))
    await revoke(one.mandates, revoked.body.id, person, undefined)
    second.deaf = false
    first.publish('mandate.granted', { id: revoked.body.id })
    first.publish('mandate.granted', { id: 'm_never' })
    first.publish('mandate.token', { id: 'mt_never', mandate: revoked.body.id, step: 'created' })
    const real = await grant(one.mandates, request(person, clock))
    await until('what is true arrived', () => two.mandates.book.get(real.body.id))
    expect(two.mandates.book.get(revoked.body.id)).toBeUndefined()
    expect(two.mandates.book.get('m_never')).toBeUndefined()
  })
})
