import { base64urlBytes, utf8Text } from '@ambit/core/bytes'
import type { Interface } from '@ambit/core/record'
import type { SignedMandate } from '@ambit/core/mandate'
import { verifyChain } from '@ambit/core/mandate-chain'
import { sign } from '@ambit/core/signature'
import type { DelegationWish } from '@ambit/core/wire/delegation'
import { handClock } from '@ambit/testkit/clock'
import { handedOn } from '@ambit/testkit/handed-on'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Target } from '../registry/target.ts'
import { holderOf, minuteMs, request, tokenFor, world } from './authority-fixture.ts'
import { grant, revoke } from './grants.ts'
import { reasonTexts } from './reasons.ts'

const act = 'a'.repeat(32)
const digest = `sha256:${'0'.repeat(64)}` as const
const http: Interface = {
  protocol: 'a2a',
  version: '1.0',
  url: 'http://127.0.0.1:1/',
  transport: 'jsonrpc',
  security: [],
}

function agentAt(key: string, change: Partial<Target> = {}): Target {
  return {
    id: '1.2.156.9',
    slug: 'b',
    organization: 'main',
    kind: 'agent',
    digest,
    version: '1.0.0',
    state: 'active',
    ruling: undefined,
    title: 'B',
    interfaces: [http],
    capabilities: new Map(),
    keys: [key],
    ...change,
  }
}

/** A caller with a token, an agent whose key the node keeps, and one that keeps its own. */
async function scene(engine: StoreEngine, change: object = {}) {
  const store = await engine.open()
  const base = await world(store, handClock(), memoryLog())
  const authority = await base.open()
  const kept = agentAt(await base.identity.createHolderKey('main'))
  const outside = memorySigner()
  const own = agentAt(outside.key, { id: '1.2.156.8', slug: 'c' })
  for (const { id, keys = [] } of [kept, own]) base.agents.set(id, { id, keys })
  const root = await grant(authority.mandates, request(base.person, base.clock, change))
  const { token } = await tokenFor(authority, root.body.id, base.person)
  const caller = holderOf(authority.authenticate(token))
  const refusal = (wish: DelegationWish, target = kept) =>
    authority.delegationRefusal(caller.chain, target, wish, base.clock.now())
  const handOn = async (wish: DelegationWish, target = kept) =>
    await authority.delegate(caller.chain, target, wish, act, base.clock.now())
  return {
    ...base,
    authority,
    kept,
    own,
    outside,
    root,
    caller,
    refusal,
    handOn,
    async [Symbol.asyncDispose]() {
      await authority[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

describe.each(storeEngines)('handing on in a call, on $name', (engine) => {
  test('an agent whose key the node keeps gets a token that names the act and every caller', async () => {
    await using s = await scene(engine)
    expect(s.refusal({ limits: { calls: 1 } })).toBeUndefined()
    const token = await s.handOn({ limits: { calls: 1 } })
    const holder = holderOf(s.authority.authenticate(token))
    expect(holder).toMatchObject({ key: s.kept.keys![0], agent: s.kept.id, parent: act, subject: s.person })
    expect(holder.callers).toEqual([s.kept.id, s.root.body.holder, s.person])
    expect(holder.chain.links.slice(0, 2)).toEqual([s.root.body.id, `m_${act}_d`])
    // Asked again for the same act, it is the same mandate.
    expect(holderOf(s.authority.authenticate(await s.handOn({}))).chain.links).toEqual(holder.chain.links)
    s.clock.advance(61 * minuteMs)
    expect(s.authority.authenticate(token)).toMatchObject({ code: 'auth.expired' })
  })

  test('revoking the caller ends what was handed on, and a restart changes nothing', async () => {
    await using s = await scene(engine)
    const token = await s.handOn({ expiresInMs: 10 * minuteMs })
    await using later = await s.open()
    const holder = holderOf(later.authenticate(token))
    expect(holder.parent).toBe(act)
    await revoke(s.authority.mandates, s.root.body.id, s.person, undefined)
    expect(s.authority.authenticate(token)).toMatchObject({ code: 'auth.revoked' })
    expect(holder.chain.revoked).toBe(true)
  })

  test('an agent that keeps its own key gets the chain, and acts once it shows it', async () => {
    await using s = await scene(engine)
    const text = await s.handOn({ purpose: 'read for me' }, s.own)
    const chain = JSON.parse(utf8Text(base64urlBytes(text))) as SignedMandate[]
    expect(await verifyChain(chain)).toMatchObject({ ok: true })
    expect(chain.at(-1)!.body).toMatchObject({
      holder: s.outside.key,
      agent: s.own.id,
      purpose: 'read for me',
    })
    const { token } = await s.authority.present(chain, s.outside.key, 'thumbprint')
    expect(holderOf(s.authority.authenticate(token))).toMatchObject({ parent: act, agent: s.own.id })
  })

  test('a caller that keeps its own key signs what it hands on', async () => {
    const signer = memorySigner()
    await using s = await scene(engine)
    const root = await grant(s.authority.mandates, request(s.person, s.clock, { holder: signer.key }))
    const shown = await s.authority.present([root.signed], signer.key, 'thumbprint')
    const { chain } = holderOf(s.authority.authenticate(shown.token))
    const now = s.clock.now()
    const ask = (wish: DelegationWish, target = s.own) =>
      s.authority.delegationRefusal(chain, target, wish, now)
    expect(ask({})).toMatchObject({ code: 'chain.holder', rule: root.body.id })
    const { chain: signed } = await handedOn([root.signed], signer, { holder: s.outside.key, notBefore: now })
    expect(ask({ chain: signed })).toBeUndefined()
    const text = await s.authority.delegate(chain, s.own, { chain: signed }, act, now)
    expect(JSON.parse(utf8Text(base64urlBytes(text)))).toEqual(signed)
    expect(s.authority.mandates.book.get(signed[1]!.body.id)).toBeDefined()
    const { token } = await s.authority.present(signed, s.outside.key, 'thumbprint')
    expect(holderOf(s.authority.authenticate(token)).callers).toEqual([s.outside.key, signer.key, s.person])

    const other = await grant(s.authority.mandates, request(s.person, s.clock, { holder: signer.key }))
    const { chain: elsewhere } = await handedOn([other.signed], signer, {
      holder: s.outside.key,
      notBefore: now,
    })
    const { chain: later } = await handedOn([root.signed], signer, {
      holder: s.outside.key,
      notBefore: now + minuteMs,
    })
    const change = async (more: object) => [root.signed, await sign({ ...signed[1]!.body, ...more }, signer)]
    const flawed: [string, unknown[], Target?][] = [
      ['chain.parent', elsewhere],
      ['chain.parent', [root.signed]],
      ['chain.callee', signed, s.kept],
      ['chain.widened', await change({ id: 'm_x', allow: [{ target: '*', capability: '*' }] })],
      ['chain.task', await change({ id: 'm_x', task: 'pay everything' })],
      ['chain.taken', await change({ purpose: 'another' })],
      ['chain.signature', [root.signed, { ...signed[1]!, body: { ...signed[1]!.body, purpose: 'x' } }]],
      ['chain.truncated', [signed[1]]],
      ['chain.form', ['x']],
      ['mandate.not-yet', later],
    ]
    for (const [code, links, target] of flawed) {
      const refused = ask({ chain: links }, target)
      expect(refused, code).toMatchObject({ code })
      expect(refused!.what).toBe(reasonTexts[code as keyof typeof reasonTexts].en.what)
      expect(reasonTexts[code as keyof typeof reasonTexts].zh.what).toMatch(/\p{Script=Han}/u)
    }
    await revoke(s.authority.mandates, signed[1]!.body.id, s.person, undefined)
    expect(ask({ chain: signed })).toMatchObject({ code: 'mandate.revoked' })
  })

  test('only an agent at an address can be handed anything, and no more than there is', async () => {
    await using s = await scene(engine, { limits: { calls: 5, money: { EUR: 100 }, bytesOut: 10 } })
    const program = { program: 'x', args: [], env: [] }
    for (const change of [
      { kind: 'tool-server' as const },
      { interfaces: [{ ...http, command: program }] },
      { keys: [] },
    ])
      expect(s.refusal({}, { ...s.kept, ...change })).toMatchObject({ code: 'chain.callee' })
    const wider: [DelegationWish, string][] = [
      [{ allow: [{ target: '*', capability: '*' }] }, 'allow.0.target'],
      [{ limits: { calls: 6 } }, 'limits.calls'],
      [{ limits: { money: { EUR: 100, USD: 1 } } }, 'limits.money'],
      [{ limits: { bytesOut: 11 } }, 'limits.bytesOut'],
    ]
    for (const [wish, evidence] of wider)
      expect(s.refusal(wish)).toMatchObject({ code: 'mandate.widened', rule: s.root.body.id, evidence })
    expect(s.refusal({ limits: { calls: 5, money: { EUR: 1 } } })).toBeUndefined()
    expect(s.authority.mandates.book.get(`m_${act}_d`)).toBeUndefined()
  })

  test.each([
    [{ depthMax: 1 }, 'chain.depth'],
    [{ depthMax: 3, to: [] }, 'chain.delegate'],
  ])('%o is not handed on', async (delegate, code) => {
    await using s = await scene(engine, { delegate: { depthMax: 3 } })
    const root = await grant(s.authority.mandates, request(s.person, s.clock, { delegate: { ...delegate } }))
    const { token } = await tokenFor(s.authority, root.body.id, s.person)
    const { chain } = holderOf(s.authority.authenticate(token))
    expect(s.authority.delegationRefusal(chain, s.kept, {}, s.clock.now())).toMatchObject({ code })
  })
})
