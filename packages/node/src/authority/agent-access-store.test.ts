import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { ProofKey } from '@ambit/testkit/proof'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { ProvenAgent } from './agent-access.ts'
import { dayMs, minuteMs, request, world } from './authority-fixture.ts'
import type { OpenAuthority } from './authority.ts'
import { grant, narrow, revoke } from './grants.ts'

const aic = '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'
const other = '1.2.156.3088.1.1.34C2.478BDF.3GF547.0GGS'
const proven: ProvenAgent = { aic, organization: 'main' }

/** As a request does it: what is not in memory yet is waited for. */
async function acts({ agents }: OpenAuthority, agent: ProvenAgent, mandate?: string) {
  await agents.ready(agent, mandate)
  return agents.authenticate(agent, mandate)
}

describe.each(storeEngines)('an agent that proved who it is, on $name', (engine) => {
  test('acts under the mandate that names it, and needs no promise once it is warm', async () => {
    await using store = await engine.open()
    const { clock, person, agents, open } = await world(store, handClock(), memoryLog())
    agents.set(aic, { id: aic, keys: [] })
    await using authority = await open()
    expect(await acts(authority, proven)).toMatchObject({ ok: false, code: 'auth.mandate' })
    const { body } = await grant(authority.mandates, request(person, clock, { agent: aic }))
    const answer = await acts(authority, proven)
    expect(answer).toMatchObject({ ok: true, holder: { agent: aic, key: body.holder, subject: person } })
    expect(authority.agents.ready(proven, undefined)).toBeUndefined()
    expect(authority.agents.authenticate(proven, undefined)).toBe(answer)
    // Another agent, and the same code from a foreign authority, get nothing of it.
    for (const stranger of [
      { ...proven, aic: other },
      { aic, organization: undefined },
      { aic, organization: 'another' },
    ]) {
      expect(await acts(authority, stranger)).toMatchObject({ ok: false, code: 'auth.mandate' })
      expect(await acts(authority, stranger, body.id)).toMatchObject({ ok: false, code: 'auth.mandate' })
    }
  })

  test('with its own key acts under the links themselves', async () => {
    await using store = await engine.open()
    const { clock, person, agents, open } = await world(store, handClock(), memoryLog())
    const key = new ProofKey().didKey
    agents.set(aic, { id: aic, keys: [key] })
    await using authority = await open()
    const { body } = await grant(authority.mandates, request(person, clock, { agent: aic }))
    const answer = await acts(authority, proven)
    expect(answer).toMatchObject({ ok: true, holder: { key, chain: { links: [body.id] } } })
  })

  test('with several names one; what hangs below its own counts when it is named', async () => {
    await using store = await engine.open()
    const { clock, person, agents, open } = await world(store, handClock(), memoryLog())
    agents.set(aic, { id: aic, keys: [] })
    await using authority = await open()
    const first = await grant(authority.mandates, request(person, clock, { agent: aic }))
    const below = await narrow(authority.mandates, first, { person, expiresAt: clock.now() + dayMs })
    expect(await acts(authority, proven)).toMatchObject({ ok: true })
    expect(await acts(authority, proven, below.body.id)).toMatchObject({ ok: true })
    const second = await grant(authority.mandates, request(person, clock, { agent: aic }))
    const unclear = await acts(authority, proven)
    expect(unclear).toMatchObject({ ok: false, code: 'auth.mandate' })
    if (!unclear.ok) expect(unclear.detail).toContain(second.body.id)
    for (const { body } of [first, second])
      expect(await acts(authority, proven, body.id)).toMatchObject({ ok: true })
    expect(await acts(authority, proven, 'm_none')).toMatchObject({ ok: false, code: 'auth.mandate' })
    await revoke(authority.mandates, second.body.id, person, undefined)
    expect(await acts(authority, proven)).toMatchObject({ ok: true })
    expect(await acts(authority, proven, second.body.id)).toMatchObject({ ok: false, code: 'auth.revoked' })
  })

  test('gets nothing once its mandate, its person or its organisation is gone', async () => {
    await using store = await engine.open()
    const { clock, person, agents, open, identity } = await world(store, handClock(), memoryLog())
    agents.set(aic, { id: aic, keys: [] })
    await using authority = await open()
    const { members } = identity
    const { id } = await members.addPerson('main', 'Li', ['operator'], person)
    const leaving = await grant(authority.mandates, request(id, clock, { agent: aic }))
    expect(await acts(authority, proven)).toMatchObject({ ok: true })
    await members.changePerson('main', id, { roles: [] }, person)
    await expect
      .poll(async () => await acts(authority, proven))
      .toMatchObject({ ok: false, code: 'auth.revoked' })
    await revoke(authority.mandates, leaving.body.id, person, undefined)
    expect(await acts(authority, proven)).toMatchObject({ ok: false, code: 'auth.mandate' })
  })

  test('acts on under fresh leaves, and after a while of silence', async () => {
    await using store = await engine.open()
    const { clock, person, agents, open } = await world(store, handClock(), memoryLog())
    agents.set(aic, { id: aic, keys: [] })
    await using authority = await open()
    const expiresAt = clock.now() + 90 * minuteMs
    await grant(authority.mandates, request(person, clock, { agent: aic, expiresAt }))
    const before = await acts(authority, proven)
    // Past the life of a leaf, with no sweep in between: the request itself has a new one minted.
    for (const ms of [20 * minuteMs, 45 * minuteMs]) {
      clock.advance(ms)
      const after = await acts(authority, proven)
      expect(after).toMatchObject({ ok: true })
      if (!before.ok || !after.ok) throw new Error('not let in')
      expect(after.holder.chain.expiresAt).toBeGreaterThan(clock.now())
    }
    clock.advance(30 * minuteMs)
    expect(await acts(authority, proven)).toMatchObject({ ok: false, code: 'auth.mandate' })
  })

  test('acts after a restart', async () => {
    await using store = await engine.open()
    const { clock, person, agents, open } = await world(store, handClock(), memoryLog())
    agents.set(aic, { id: aic, keys: [] })
    const first = await open()
    await grant(first.mandates, request(person, clock, { agent: aic }))
    await first[Symbol.asyncDispose]()
    await using again = await open()
    expect(await acts(again, proven)).toMatchObject({ ok: true })
  })
})
