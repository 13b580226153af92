import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { minuteMs, request, world } from './authority-fixture.ts'
import { grant, newToken } from './authority.ts'

/* Tokens that the authorization server makes: with a name of its own, some with a key, and many of them. */
describe.each(storeEngines)('tokens of logins on $name', (engine) => {
  test('a token keeps the key it belongs to, also after a restart', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const authority = await open()
    const { tokens, book } = authority.mandates
    const { body } = await grant(authority.mandates, request(person, clock))
    const token = newToken(clock)
    const expiresAt = clock.now() + 60 * minuteMs
    const made = { client: 'Desk', expiresAt, by: person, token, key: 'a-thumbprint' }
    expect((await tokens.create(book.get(body.id)!, made)).token).toBe(token)
    expect(authority.authenticate(token)).toMatchObject({ ok: true, key: 'a-thumbprint' })
    await authority[Symbol.asyncDispose]()
    const again = await open()
    expect(again.authenticate(token)).toMatchObject({ ok: true, key: 'a-thumbprint' })
    await again[Symbol.asyncDispose]()
  })

  test('those that are over are forgotten, in memory and in the store', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const authority = await open()
    const { tokens, tokenStore, book } = authority.mandates
    const { body } = await grant(authority.mandates, request(person, clock))
    const made: { id: string; token: string }[] = []
    for (let at = 1; at <= 3; at++)
      made.push(
        await tokens.create(book.get(body.id)!, {
          client: 'Desk',
          expiresAt: clock.now() + at * minuteMs,
          by: person,
        }),
      )
    clock.advance(minuteMs)
    await tokens.forget([made[0]!.id])
    expect(authority.authenticate(made[0]!.token)).toMatchObject({ ok: false, code: 'auth.expired' })
    expect((await tokenStore.tokens(body.id)).map(({ id }) => id).toSorted()).toEqual(
      [made[1]!.id, made[2]!.id].toSorted(),
    )
    expect(authority.authenticate(made[1]!.token)).toMatchObject({ ok: true })
    await authority[Symbol.asyncDispose]()
  })
})
