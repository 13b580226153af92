import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { request, tokenFor, world } from './authority-fixture.ts'
import { grant } from './grants.ts'

describe.each(storeEngines)('people who left, on $name', (engine) => {
  test('have nothing done in their name, also after a restart, until they have a role again', async () => {
    await using store = await engine.open()
    const { clock, person: owner, open, identity, stopped } = await world(store, handClock(), memoryLog())
    const { members } = identity
    const { id } = await members.addPerson('main', 'Li', ['operator'], owner)
    const first = await open()
    const { body } = await grant(first.mandates, request(id, clock))
    const { token } = await tokenFor(first, body.id, id)
    const other = await tokenFor(first, (await grant(first.mandates, request(owner, clock))).body.id, owner)
    expect(first.authenticate(token)).toMatchObject({ ok: true })
    await members.changePerson('main', id, { roles: [] }, owner)
    await expect.poll(() => first.authenticate(token)).toMatchObject({ ok: false, code: 'auth.revoked' })
    expect(stopped).toEqual([[body.id]])
    expect(first.authenticate(other.token)).toMatchObject({ ok: true })
    await first[Symbol.asyncDispose]()
    await using again = await open()
    expect(again.authenticate(token)).toMatchObject({ ok: false, code: 'auth.revoked' })
    await members.changePerson('main', id, { roles: ['operator'] }, owner)
    await expect.poll(() => again.authenticate(token)).toMatchObject({ ok: true })
  })
})
