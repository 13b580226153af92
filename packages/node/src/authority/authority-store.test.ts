import type { Allow } from '@ambit/core/mandate'
import { verifyChain } from '@ambit/core/mandate-chain'
import { sign } from '@ambit/core/signature'
import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { timeText } from '../kernel/clock.ts'
import { accept, grant, narrow, revoke } from './grants.ts'
import { oneCall } from './cost.ts'
import { LiveChain } from './live-chain.ts'
import { dayMs, holderOf, minuteMs, request, tokenFor, world } from './authority-fixture.ts'

const none = { unlogged: [], unsent: [] }

/** Lets background work that a timer began come to its end. */
async function settled(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 5000, interval: 5 }).toBe(true)
}

describe.each(storeEngines)('the authority on $name', (engine) => {
  test('a token leads to a chain that verifies down to a leaf of fifteen minutes, also after a restart', async () => {
    await using store = await engine.open()
    const { clock, person, open, leaves, identity } = await world(store, handClock(), memoryLog())
    const first = await open()
    const standing = await grant(first.mandates, request(person, clock))
    expect(leaves.leaves).toMatchObject([
      { kind: 'mandate', step: 'granted', mandate: standing.body.id, person },
    ])
    const { token } = await tokenFor(first, standing.body.id, person)
    const holder = holderOf(first.authenticate(token))
    expect(holder).toMatchObject({ key: standing.body.holder, subject: person, organization: 'main' })
    expect(holder.callers).toEqual([standing.body.holder, person])
    expect(holder.subjectKeys).toBe(await identity.subjectKeys(person))
    expect(holder.chain.links[0]).toBe(standing.body.id)
    expect(holder.chain.expiresAt - clock.now()).toBeLessThanOrEqual(15 * minuteMs)
    const { chain } = holder
    expect(chain instanceof LiveChain && (await verifyChain(chain.signed))).toMatchObject({ ok: true })
    // The leaf itself is not in the log: its standing mandate is.
    expect(leaves.leaves.length).toBe(1)
    await first[Symbol.asyncDispose]()
    const second = await open()
    expect(holderOf(second.authenticate(token)).key).toBe(holder.key)
  })

  test('knows no other token, and hashes nothing that cannot be one', async () => {
    await using store = await engine.open()
    const { open } = await world(store, handClock(), memoryLog())
    const authority = await open()
    expect(authority.authenticate('')).toMatchObject({ code: 'auth.missing' })
    for (const token of [
      `ambm_${'a'.repeat(43)}`,
      'ambm_',
      'x'.repeat(1_000_000),
      `ambs_${'a'.repeat(43)}`,
      '__proto__',
    ])
      expect(authority.authenticate(token)).toMatchObject({ code: 'auth.unknown-token' })
  })

  test('leaves are renewed in the background, and again after the machine slept', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const authority = await open()
    const standing = await grant(authority.mandates, request(person, clock))
    const { token } = await tokenFor(authority, standing.body.id, person)
    const holder = holderOf(authority.authenticate(token))
    const { chain } = holder
    clock.advance(11 * minuteMs)
    await settled(() => holder.chain !== chain)
    expect(holder.chain.expiresAt).toBeGreaterThan(chain.expiresAt)
    // A sleep: the wall clock jumps and no timer ran in between.
    const asleep = holder.chain
    const jumped = clock.now() + 60 * minuteMs
    clock.now = () => jumped
    expect(authority.authenticate(token)).toMatchObject({ ok: false, code: 'auth.expired' })
    await settled(() => holder.chain !== asleep)
    expect(authority.authenticate(token)).toMatchObject({ ok: true })
  })

  test('a token and a mandate end when their time is over', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const authority = await open()
    const standing = await grant(
      authority.mandates,
      request(person, clock, { expiresAt: clock.now() + 10 * minuteMs }),
    )
    const short = await tokenFor(authority, standing.body.id, person, clock.now() + minuteMs)
    const { token } = await tokenFor(authority, standing.body.id, person)
    clock.advance(minuteMs)
    expect(authority.authenticate(short.token)).toMatchObject({ code: 'auth.expired' })
    expect(authority.authenticate(token)).toMatchObject({ ok: true })
    clock.advance(9 * minuteMs)
    expect(authority.authenticate(token)).toMatchObject({ code: 'auth.expired' })
    await authority[Symbol.asyncDispose]()
    expect((await open()).authenticate(token)).toMatchObject({ code: 'auth.expired' })
  })

  test('revoking a link ends all below it at once, and writes it down', async () => {
    await using store = await engine.open()
    const { clock, person, open, leaves, stopped, bus } = await world(store, handClock(), memoryLog())
    const authority = await open()
    const { mandates } = authority
    const root = await grant(mandates, request(person, clock))
    const task = await narrow(mandates, root, { person, task: 'read today', expiresAt: clock.now() + dayMs })
    const { token } = await tokenFor(authority, task.body.id, person)
    const { chain } = holderOf(authority.authenticate(token))
    const heard: unknown[] = []
    bus.subscribe('mandate.revoked', (message) => heard.push(message['ids']))
    const done = revoke(mandates, root.body.id, person, undefined)
    // Before anything was awaited.
    expect(chain.revoked).toBe(true)
    expect(authority.authenticate(token)).toMatchObject({ code: 'auth.revoked' })
    const ids = [root.body.id, task.body.id]
    expect(await done).toEqual({ revoked: ids, stopped: 1 })
    expect(stopped).toEqual([ids])
    expect(heard).toEqual([ids])
    expect(leaves.leaves.slice(2)).toMatchObject(ids.map((mandate) => ({ step: 'revoked', mandate, person })))
    expect(await revoke(mandates, root.body.id, person, undefined)).toEqual({ revoked: [], stopped: 0 })
    expect(leaves.leaves.length).toBe(4)
    await expect(narrow(mandates, root, { person, expiresAt: clock.now() + dayMs })).rejects.toMatchObject({
      code: 'mandate.ended',
    })
    await authority[Symbol.asyncDispose]()
    expect((await open()).authenticate(token)).toMatchObject({ code: 'auth.revoked' })
  })

  test('a child made while its parent is revoked never comes into force', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const { mandates } = await open()
    const root = await grant(mandates, request(person, clock))
    const making = narrow(mandates, root, { person, expiresAt: clock.now() + dayMs })
    const outcome = making.then(
      (child) => child,
      (error: unknown) => error,
    )
    await revoke(mandates, root.body.id, person, undefined)
    await outcome
    for (const entry of mandates.book.entries()) expect(entry.revoked).toBe(true)
    expect(await mandates.store.active(clock.now())).toEqual([])
  })

  test('a revocation holds when the log cannot take it, and asking again writes it', async () => {
    await using store = await engine.open()
    const { clock, person, open, leaves } = await world(store, handClock(), memoryLog())
    const authority = await open()
    const root = await grant(authority.mandates, request(person, clock))
    const full = {
      ...authority.mandates,
      leaves: { write: async () => await Promise.reject(new Error('full')) },
    }
    await expect(revoke(full, root.body.id, person, undefined)).rejects.toThrow('full')
    expect(root.revoked).toBe(true)
    await revoke(authority.mandates, root.body.id, person, undefined)
    expect(leaves.leaves.at(-1)).toMatchObject({ step: 'revoked', mandate: root.body.id })
  })

  test('nothing is granted when the log cannot take it', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const { mandates } = await open()
    const full = { ...mandates, leaves: { write: async () => await Promise.reject(new Error('full')) } }
    await expect(grant(full, request(person, clock))).rejects.toThrow('full')
    expect([...mandates.book.entries()]).toEqual([])
    expect(await mandates.store.active(clock.now())).toEqual([])
  })

  test('a child may only be narrower, and inherits what it leaves out', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const { mandates } = await open()
    const wide: Allow[] = [{ target: 'mail', capability: '*', effect: 'write', decision: 'ask' }]
    const root = await grant(mandates, request(person, clock, { allow: wide, limits: { calls: 5 } }))
    const expiresAt = clock.now() + dayMs
    const child = await narrow(mandates, root, {
      person,
      expiresAt,
      allow: [{ target: 'mail', capability: 'read' }],
    })
    expect(child.body.allow).toEqual([
      { target: 'mail', capability: 'read', effect: 'write', decision: 'ask' },
    ])
    expect(child.body.limits).toEqual({ calls: 5 })
    for (const change of [
      { allow: [{ target: '*', capability: 'read' }] },
      { allow: [{ target: 'mail', capability: 'read', effect: 'pay' as const }] },
      { limits: { calls: 6 } },
    ]) {
      await expect(narrow(mandates, root, { person, expiresAt, ...change })).rejects.toMatchObject({
        code: 'mandate.widened',
      })
    }
  })

  test('a child that an outside holder signed is verified, and brings no words of the user', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const authority = await open()
    const { mandates } = authority
    const outside = memorySigner()
    const root = await grant(mandates, request(person, clock, { holder: outside.key }))
    await expect(tokenFor(authority, root.body.id, person)).rejects.toMatchObject({
      code: 'mandate.key-elsewhere',
    })
    await expect(narrow(mandates, root, { person, expiresAt: clock.now() + dayMs })).rejects.toMatchObject({
      code: 'mandate.key-elsewhere',
    })
    const kept = await mandates.identity.createHolderKey('main')
    const body = {
      ...root.body,
      id: 'outside-1',
      issuer: outside.key,
      holder: kept,
      parent: root.body.id,
      delegate: { depthMax: 2 },
    }
    const task = await sign({ ...body, task: 'send everything' }, outside)
    await expect(accept(mandates, root, task, person)).rejects.toMatchObject({
      code: 'mandate.invalid',
      where: 'task',
    })
    const wider = await sign({ ...body, allow: [{ target: '*', capability: '*' }] }, outside)
    await expect(accept(mandates, root, wider, person)).rejects.toMatchObject({ code: 'mandate.widened' })
    await expect(accept(mandates, root, await sign(body, memorySigner()), person)).rejects.toMatchObject({
      code: 'mandate.invalid',
    })
    await accept(mandates, root, await sign(body, outside), person)
    const { token } = await tokenFor(authority, 'outside-1', person)
    expect(holderOf(authority.authenticate(token)).callers).toEqual([kept, outside.key, person])
    await expect(accept(mandates, root, await sign(body, outside), person)).rejects.toMatchObject({
      where: 'id',
    })
  })

  test('what waited for a person finds its holder though its token is gone, until the mandate is revoked', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    await using authority = await open()
    const root = await grant(authority.mandates, request(person, clock))
    const { id, token } = await tokenFor(authority, root.body.id, person)
    const { key, chain } = holderOf(authority.authenticate(token))
    await authority.mandates.tokens.revoke(id)
    expect(authority.holderOf(key, chain.links)).toBeUndefined()
    const woken = await authority.wake(key, chain.links)
    expect(woken).toMatchObject({ key, subject: person })
    expect(woken!.chain.links.slice(0, -1)).toEqual(chain.links.slice(0, -1))
    expect(await authority.wake(memorySigner().key, chain.links)).toBeUndefined()
    expect(await authority.wake(key, [...chain.links.slice(0, -1), 'm_other'])).toBeUndefined()
    await revoke(authority.mandates, root.body.id, person, undefined)
    expect(await authority.wake(key, chain.links)).toBeUndefined()
  })

  test('a stored mandate that was changed, or signed by another key, leads to no chain', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const first = await open()
    const one = await grant(first.mandates, request(person, clock))
    const two = await grant(first.mandates, request(person, clock))
    const tokens = [await tokenFor(first, one.body.id, person), await tokenFor(first, two.body.id, person)]
    await first[Symbol.asyncDispose]()
    const db = store.tables<{ mandate: { id: string; signed: string } }>()
    const changed = { ...one.signed, body: { ...one.body, allow: [{ target: '*', capability: '*' }] } }
    await db
      .updateTable('mandate')
      .set({ signed: JSON.stringify(changed) })
      .where('id', '=', one.body.id)
      .execute()
    const stranger = memorySigner()
    const forged = await sign({ ...two.body, issuer: stranger.key }, stranger)
    await db
      .updateTable('mandate')
      .set({ signed: JSON.stringify(forged) })
      .where('id', '=', two.body.id)
      .execute()
    const second = await open()
    for (const { token } of tokens) expect(second.authenticate(token).ok).toBe(false)
  })

  test('budgets are taken at every link, shared by siblings, and exact after a restart', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const first = await open()
    const rate = { calls: 3, periodMs: 60_000 }
    const root = await grant(first.mandates, request(person, clock, { limits: { calls: 4, rate } }))
    const task = await narrow(first.mandates, root, { person, task: 'a', expiresAt: clock.now() + dayMs })
    const { token } = await tokenFor(first, task.body.id, person)
    const { chain } = holderOf(first.authenticate(token))
    expect(first.reserve(chain, oneCall, clock.now())).toBeUndefined()
    await first.saveSpent(7, none)
    expect(first.reserve(chain, oneCall, clock.now())).toBeUndefined()
    expect(first.reserve(chain, oneCall, clock.now())).toBeUndefined()
    first.release({ act: 'a', chain, cost: oneCall, at: clock.now(), startedMs: clock.monotonicMs() })
    await first[Symbol.asyncDispose]()

    const second = await open()
    const recount = await second.recount(8)
    expect(recount.position).toBe(7)
    recount.intent({ act: 'a', at: timeText(clock.now()), links: [...chain.links] })
    await recount.settle()
    const again = holderOf(second.authenticate(token)).chain
    const calls = async () =>
      [...(await second.mandates.spent([root.body.id, task.body.id])).values()].map((spent) => spent.calls)
    expect(await calls()).toEqual([2, 2])
    expect(second.reserve(again, oneCall, clock.now())).toBeUndefined()
    expect(second.reserve(again, oneCall, clock.now())).toMatchObject({
      code: 'budget.rate',
      rule: root.body.id,
    })
    clock.advance(62_000)
    expect(second.reserve(again, oneCall, clock.now())).toBeUndefined()
    clock.advance(62_000)
    expect(second.reserve(again, oneCall, clock.now())).toMatchObject({
      code: 'budget.calls',
      rule: root.body.id,
      evidence: 'calls 0 / 4',
    })
    expect(await calls()).toEqual([4, 4])
  })

  test('finds the holder of a resumed act by its lasting links, and nobody after a revocation', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const authority = await open()
    const root = await grant(authority.mandates, request(person, clock))
    const { id, token } = await tokenFor(authority, root.body.id, person)
    const holder = holderOf(authority.authenticate(token))
    const links = [root.body.id, 'leaf_of_yesterday']
    expect(authority.holderOf(holder.key, links)).toBe(holder)
    expect(authority.holderOf('did:key:zOther', links)).toBeUndefined()
    expect(authority.holderOf(holder.key, ['m_other', ...links])).toBeUndefined()
    await authority.mandates.tokens.revoke(id)
    expect(authority.authenticate(token)).toMatchObject({ code: 'auth.revoked' })
    expect(authority.holderOf(holder.key, links)).toBeUndefined()
  })

  test('many mandates of one moment are found again with their parents', async () => {
    await using store = await engine.open()
    const { clock, person, open } = await world(store, handClock(), memoryLog())
    const first = await open()
    let parent = await grant(first.mandates, request(person, clock, { delegate: { depthMax: 10 } }))
    const root = parent
    for (let depth = 0; depth < 8; depth++) {
      parent = await narrow(first.mandates, parent, { person, expiresAt: clock.now() + dayMs })
    }
    await first[Symbol.asyncDispose]()
    const second = await open()
    expect([...second.mandates.book.entries()].length).toBe(9)
    expect((await revoke(second.mandates, root.body.id, person, 'over')).revoked.length).toBe(9)
  })
})

test('a token is looked up in a few microseconds', async () => {
  await using store = await storeEngines[0]!.open()
  const { clock, person, open } = await world(store, handClock(), memoryLog())
  const authority = await open()
  const standing = await grant(authority.mandates, request(person, clock))
  const { token } = await tokenFor(authority, standing.body.id, person)
  let best = Infinity
  for (let round = 0; round < 20; round++) {
    const before = performance.now()
    for (let each = 0; each < 20_000; each++)
      if (!authority.authenticate(token).ok) throw new Error('not known')
    best = Math.min(best, ((performance.now() - before) * 1000) / 20_000)
  }
  console.log(`authenticate: ${best.toFixed(3)} µs`)
  expect(best).toBeLessThan(20)
})
