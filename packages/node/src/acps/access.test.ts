import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createKeyring } from '../kernel/keyring.ts'
import type { Caller } from '../kernel/route.ts'
import { createAccess } from './access.ts'

const token = `amba_${'k'.repeat(43)}`
const caller: Caller = { person: 'p_ada', organization: 'main', roles: ['operator'], by: 'token' }

function room() {
  const clock = handClock()
  const keyring = createKeyring(clock.random(32), clock)
  const known = new Map([[token, caller]])
  const identity = {
    callerOf: async (credential: string) => known.get(credential),
    person: async (id: string) => ({ id, name: 'Ada', organization: 'main', roles: [] }),
  }
  const other = createAccess({ identity, keyring: createKeyring(clock.random(32), clock), clock })
  return { clock, known, access: createAccess({ identity, keyring, clock }), other }
}
const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

test('a log-in is by id or name, lasts an hour, and says which', async () => {
  const { access, clock } = room()
  const { expires_at, access_token } = await access.logIn('p_ada', token)
  expect(expires_at).toBe('2026-01-01T01:00:00.000Z')
  expect(await access.callerOf(bearer(access_token))).toBe(caller)
  expect(await access.callerOf({ authorization: `bearer ${access_token}` })).toBe(caller)
  await expect(access.logIn('ada', token)).rejects.toMatchObject({ code: 'acps.credentials' })
  clock.advance(3_600_000)
  await expect(access.callerOf(bearer(access_token))).rejects.toMatchObject({ code: 'auth.expired' })
  expect(await access.callerOf(bearer((await access.logIn('Ada', token)).access_token))).toBe(caller)
})

test('it counts no longer than the API token behind it, and on no other node', async () => {
  const { access, known, other } = room()
  const { access_token } = await access.logIn('Ada', token)
  await expect(other.callerOf(bearer(access_token))).rejects.toMatchObject({ code: 'auth.unknown-token' })
  known.clear()
  await expect(access.callerOf(bearer(access_token))).rejects.toMatchObject({ code: 'auth.unknown-token' })
  await expect(access.logIn('Ada', token)).rejects.toMatchObject({ code: 'acps.credentials' })
})

test('two log-ins are two tokens, and a changed one is none', async () => {
  const { access } = room()
  const [one, two] = [await access.logIn('Ada', token), await access.logIn('Ada', token)]
  expect(one.access_token).not.toBe(two.access_token)
  for (const at of [6, 40, 100]) {
    const text = one.access_token
    const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
    await expect(access.callerOf(bearer(changed))).rejects.toMatchObject({ code: 'auth.unknown-token' })
  }
  for (const headers of [{}, { authorization: 'Basic abc' }, bearer('')])
    await expect(access.callerOf(headers)).rejects.toMatchObject({ code: 'auth.missing' })
})
