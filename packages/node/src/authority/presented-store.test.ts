import type { SignedMandate } from '@ambit/core/mandate'
import { sign } from '@ambit/core/signature'
import type { Signer } from '@ambit/core/signature'
import { handClock } from '@ambit/testkit/clock'
import { handedOn } from '@ambit/testkit/handed-on'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { holderOf, minuteMs, request, tokenFor, world } from './authority-fixture.ts'
import type { OpenAuthority } from './authority.ts'
import { delegatedId } from './delegated-id.ts'
import { accept, grant, narrow, revoke } from './grants.ts'

const once = { calls: 1, bytesOut: 0, money: undefined }

/** A person who gave a mandate to a holder that keeps its own key, and that holder's chain. */
async function scene(engine: StoreEngine, change: object = {}) {
  const store = await engine.open()
  const base = await world(store, handClock(), memoryLog())
  const authority = await base.open()
  const outside = memorySigner()
  const root = await grant(
    authority.mandates,
    request(base.person, base.clock, { holder: outside.key, ...change }),
  )
  /** The chain with one more link, for a new key. */
  const handOn: typeof handedOn = async (chain, by, wish) =>
    await handedOn(chain, by, { notBefore: base.clock.now(), ...wish })
  return {
    ...base,
    authority,
    outside,
    root,
    chain: [root.signed] as SignedMandate[],
    handOn,
    async [Symbol.asyncDispose]() {
      await authority[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

async function presentedBy(authority: OpenAuthority, chain: unknown, key: Signer) {
  return await authority.present(chain, key.key, 'thumbprint')
}

describe.each(storeEngines)('chains that are shown, on $name', (engine) => {
  test('an outside holder acts under the root itself, for fifteen minutes at a time', async () => {
    await using s = await scene(engine)
    const shown = await presentedBy(s.authority, s.chain, s.outside)
    expect(shown).toMatchObject({ mandate: s.root.body.id, expiresAt: s.clock.now() + 15 * minuteMs })
    const holder = holderOf(s.authority.authenticate(shown.token))
    expect(holder).toMatchObject({
      key: s.outside.key,
      subject: s.person,
      callers: [s.outside.key, s.person],
    })
    expect(holder.chain.links).toEqual([s.root.body.id])
    s.clock.advance(15 * minuteMs)
    expect(s.authority.authenticate(shown.token)).toMatchObject({ ok: false, code: 'auth.expired' })
    // The mandate goes on: a new proof gives a new token.
    const again = await presentedBy(s.authority, s.chain, s.outside)
    expect(again.token).not.toBe(shown.token)
    expect(s.authority.authenticate(again.token)).toMatchObject({ ok: true })
  })

  test('links handed on offline are taken in once, are in the log, count, and end with those above', async () => {
    await using s = await scene(engine, { limits: { calls: 3 } })
    const first = await s.handOn(s.chain, s.outside, { limits: { calls: 2 } })
    const second = await s.handOn(first.chain, first.key, { limits: { calls: 2 } })
    const [one, two] = await Promise.all([
      presentedBy(s.authority, second.chain, second.key),
      presentedBy(s.authority, structuredClone(second.chain), second.key),
    ])
    const ids = second.chain.map((link) => link.body.id)
    expect(s.leaves.leaves.map((leaf) => 'mandate' in leaf && leaf.mandate)).toEqual(ids)
    const holder = holderOf(s.authority.authenticate(one.token))
    expect(holderOf(s.authority.authenticate(two.token))).toBe(holder)
    expect(holder.callers).toEqual([second.key.key, first.key.key, s.outside.key, s.person])
    expect(holder.chain.links).toEqual(ids)
    const now = s.clock.now()
    expect(s.authority.reserve(holder.chain, once, now)).toBeUndefined()
    expect(s.authority.reserve(holder.chain, once, now)).toBeUndefined()
    expect(s.authority.reserve(holder.chain, once, now)).toMatchObject({ code: 'budget.calls', rule: ids[1] })
    await revoke(s.authority.mandates, ids[1]!, s.person, undefined)
    expect(holder.chain.revoked).toBe(true)
    expect(s.stopped.flat().toSorted()).toEqual(ids.slice(1).toSorted())
    expect(s.authority.authenticate(one.token)).toMatchObject({ code: 'auth.revoked' })
    await expect(presentedBy(s.authority, second.chain, second.key)).rejects.toMatchObject({
      code: 'mandate.ended',
    })
    // The link above is as it was.
    expect(await presentedBy(s.authority, s.chain, s.outside)).toMatchObject({ mandate: ids[0] })
  })

  test('a token outlives a restart, and never becomes one that lasts', async () => {
    await using s = await scene(engine)
    const { chain, key } = await s.handOn(s.chain, s.outside)
    const shown = await presentedBy(s.authority, chain, key)
    await using later = await s.open()
    expect(holderOf(later.authenticate(shown.token)).chain.links).toEqual(chain.map((link) => link.body.id))
    await expect(tokenFor(later, chain[1]!.body.id, s.person)).rejects.toMatchObject({
      code: 'mandate.key-elsewhere',
    })
  })

  test('a link names only an agent whose key holds it, or its chain is not taken in at all', async () => {
    await using s = await scene(engine)
    const good = memorySigner()
    s.agents.set('1.2.156.good', { id: '1.2.156.good', keys: [good.key] })
    const plain = await s.handOn(s.chain, s.outside)
    const { body } = plain.chain.at(-1)!
    const borrowed = await sign({ ...body, agent: '1.2.156.good' }, s.outside)
    const shown = presentedBy(s.authority, [...s.chain, borrowed], plain.key)
    await expect(shown).rejects.toMatchObject({ code: 'chain.agent', where: body.id })
    const below = await s.handOn([...s.chain, borrowed], plain.key)
    await expect(presentedBy(s.authority, below.chain, below.key)).rejects.toMatchObject({
      code: 'chain.agent',
    })
    await expect(
      accept(s.authority.mandates, s.authority.mandates.book.get(s.root.body.id)!, borrowed, s.person),
    ).rejects.toMatchObject({ code: 'chain.agent' })
    expect(s.authority.mandates.book.get(body.id)).toBeUndefined()
    const own = await sign({ ...body, agent: '1.2.156.good', holder: good.key }, s.outside)
    const token = await presentedBy(s.authority, [...s.chain, own], good)
    expect(holderOf(s.authority.authenticate(token.token))).toMatchObject({ agent: '1.2.156.good' })
    const narrower = await sign(
      { ...own.body, id: 'm_self', parent: own.body.id, issuer: good.key, delegate: { depthMax: 0 } },
      good,
    )
    expect(await presentedBy(s.authority, [...s.chain, own, narrower], good)).toMatchObject({
      mandate: 'm_self',
    })
  })

  test('a chain shown by another key gives nothing, and neither does one whose root is not ours', async () => {
    await using s = await scene(engine)
    const { chain, key } = await s.handOn(s.chain, s.outside)
    await expect(presentedBy(s.authority, chain, s.outside)).rejects.toMatchObject({ code: 'chain.holder' })
    const stranger = memorySigner()
    const own = await sign({ ...s.root.body, id: 'm_own', issuer: stranger.key, holder: key.key }, stranger)
    await expect(presentedBy(s.authority, [own], key)).rejects.toMatchObject({ code: 'chain.root' })
    // The same id, and other words.
    const like = await sign({ ...s.root.body, issuer: stranger.key, holder: key.key }, stranger)
    await expect(presentedBy(s.authority, [like], key)).rejects.toMatchObject({ code: 'chain.root' })
    expect(s.leaves.leaves.length).toBe(1)
  })

  test('each flaw has its own code, and nothing is taken in', async () => {
    await using s = await scene(engine)
    const { chain, key } = await s.handOn(s.chain, s.outside)
    const deep = await s.handOn(chain, key)
    const [root, link] = chain as [SignedMandate, SignedMandate]
    const resign = async (change: object) => [root, await sign({ ...link.body, ...change }, s.outside)]
    const flawed: [string, unknown, Signer?][] = [
      ['chain.form', 'text'],
      ['chain.form', [root, {}]],
      ['chain.length', []],
      ['chain.length', Array.from({ length: 17 }, () => root)],
      ['chain.truncated', [link]],
      ['chain.cycle', [root, link, link]],
      ['chain.parent', [root, deep.chain[2], link], key],
      ['chain.signature', [root, { ...link, body: { ...link.body, purpose: 'another' } }]],
      ['chain.issuer', [root, await sign(link.body, memorySigner())]],
      ['chain.subject', await resign({ subject: 'p_eve' })],
      ['chain.window', await resign({ expires: '2030-01-01T00:00:00.000Z' })],
      ['chain.depth', await resign({ delegate: { depthMax: 3 } })],
      ['chain.widened', await resign({ allow: [{ target: '*', capability: '*' }] })],
      ['chain.task', await resign({ task: 'words that nobody said' })],
      ['chain.taken', await resign({ id: 'leaf_1' })],
      ['chain.taken', await resign({ id: delegatedId('0'.repeat(32)) })],
    ]
    for (const [code, raw, by = key] of flawed) {
      await expect(s.authority.present(raw, by.key, 'thumbprint'), code).rejects.toMatchObject({
        code: code === 'chain.parent' ? expect.stringMatching(/chain\.(parent|issuer)/) : code,
      })
    }
    expect(s.leaves.leaves.length).toBe(1)
    expect([...s.authority.mandates.book.entries()].length).toBe(1)
  })

  test('an id that another mandate has is refused', async () => {
    await using s = await scene(engine)
    const { chain, key } = await s.handOn(s.chain, s.outside)
    await presentedBy(s.authority, chain, key)
    const twin = await sign({ ...chain[1]!.body, purpose: 'another' }, s.outside)
    await expect(s.authority.present([chain[0], twin], key.key, 'thumbprint')).rejects.toMatchObject({
      code: 'chain.taken',
    })
  })

  test('what has not begun waits, and what is over stays over, whatever the clocks say', async () => {
    await using s = await scene(engine)
    const now = s.clock.now()
    const soon = await s.handOn(s.chain, s.outside, { notBefore: now + 30_000 })
    await expect(presentedBy(s.authority, soon.chain, soon.key)).rejects.toMatchObject({
      code: 'chain.not-yet',
      detail: 'it begins in 30 s: the clocks may differ',
    })
    const late = await s.handOn(s.chain, s.outside, { notBefore: now + 300_000 })
    await expect(presentedBy(s.authority, late.chain, late.key)).rejects.toMatchObject({
      code: 'chain.not-yet',
      detail: 'it begins in 300 s',
    })
    s.clock.advance(30_000)
    const brief = await s.handOn(s.chain, s.outside, { expires: now + minuteMs })
    const shown = await presentedBy(s.authority, brief.chain, brief.key)
    expect(shown.expiresAt).toBe(now + minuteMs)
    expect(await presentedBy(s.authority, soon.chain, soon.key)).toMatchObject({ token: expect.any(String) })
    s.clock.advance(minuteMs)
    expect(s.authority.authenticate(shown.token)).toMatchObject({ code: 'auth.expired' })
    await expect(presentedBy(s.authority, brief.chain, brief.key)).rejects.toMatchObject({
      code: 'mandate.ended',
    })
  })

  test('the tokens of one chain are bounded, and those that are over make room', async () => {
    await using s = await scene(engine)
    for (let at = 0; at < 20; at++) await presentedBy(s.authority, s.chain, s.outside)
    await expect(presentedBy(s.authority, s.chain, s.outside)).rejects.toMatchObject({
      code: 'mandate.too-many',
    })
    s.clock.advance(16 * minuteMs)
    expect(await presentedBy(s.authority, s.chain, s.outside)).toMatchObject({ token: expect.any(String) })
  })

  test('words of the task that the user gave stay, and bind what comes from the user', async () => {
    await using s = await scene(engine, { holder: undefined })
    const outside = memorySigner()
    const { person } = s
    const expiresAt = s.clock.now() + 60 * minuteMs
    const task = await narrow(s.authority.mandates, s.root, {
      person,
      expiresAt,
      task: 'write to ann@shop.example',
      allow: [{ target: 'mail', capability: 'read', arguments: { to: { fromUser: true } } }],
      holder: outside.key,
    })
    const { chain, key } = await s.handOn([s.root.signed, task.signed], outside)
    const { token } = await presentedBy(s.authority, chain, key)
    expect(holderOf(s.authority.authenticate(token)).chain.mandates.at(-1)?.task).toBe(
      'write to ann@shop.example',
    )
  })
})
