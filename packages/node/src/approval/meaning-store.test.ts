import { signatureHolds } from '@ambit/core/signature'
import type { Signed } from '@ambit/core/signature'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { createMetrics } from '../kernel/metrics.ts'
import type { Caller } from '../kernel/route.ts'
import { ann, approvalWorld, bob, origin, payment } from './approval-fixture.ts'
import { cardView } from './card-view.ts'
import { approve, challengeOf, deny } from './decision.ts'
import { edit } from './edit.ts'
import { approvalRoutes } from './routes.ts'
import type { Suspended } from './suspended.ts'
import { approveTogether, groups } from './together.ts'

const minuteMs = 60_000
const code = (wanted: string) => ({ code: wanted })

describe.each(storeEngines)('approvals that mean something on $name', (engine) => {
  test('an edited act is done with the new values, and its agent finds it by what it asked', async () => {
    await using store = await engine.open()
    const { approvals, give, cardOf, steps } = await approvalWorld(store)
    const { id } = await approvals.ask(payment)
    const digest = await cardOf(id)
    await edit(approvals.parts, ann, id, { digest, values: { amount: 5, secretWord: 'swordfish' } })
    const card = (await approvals.parts.safe.card(id))!
    expect(card.arguments.filter(({ changed }) => changed).map(({ name }) => name)).toEqual([
      'amount',
      'secretWord',
    ])
    expect(JSON.stringify(card)).not.toMatch(/swordfish|hunter2/)
    await expect(give(id, ann, { digest })).rejects.toMatchObject(code('approval.changed'))
    await give(id)
    expect((await approvals.claim(id))?.arguments).toEqual({ to: 'bob', amount: 5, secretWord: 'swordfish' })
    await approvals.finish(id, { status: 'completed', answer: '1' })
    expect(await approvals.find(payment)).toMatchObject({
      state: 'done',
      outcome: { changed: ['amount', 'secretWord'] },
    })
    expect(steps()).toEqual(['asked', 'asked', 'approved', 'used'])
  })

  test('an edit that is none, that the capability does not take, or that is refused changes nothing', async () => {
    await using store = await engine.open()
    const { approvals, cardOf, state, fill } = await approvalWorld(store)
    const { id } = await approvals.ask(payment)
    const digest = await cardOf(id)
    const change = async (values: Record<string, unknown>) =>
      await edit(approvals.parts, ann, id, { digest, values })
    for (const values of [
      {},
      { amount: 101 },
      { amount: '5' },
      { cc: 'eve' },
      { to: 'a\ud800' },
      { constructor: 1 },
    ]) {
      await expect(change(values)).rejects.toMatchObject(code('approval.edit'))
    }
    state.decision = { class: 'refuse', reasons: [{ code: 'x', rule: 'r', what: 'no' }], obligations: [] }
    await expect(change({ amount: 5 })).rejects.toMatchObject(code('approval.edit'))
    state.decision = { class: 'ask', reasons: [], obligations: [] }
    fill(true)
    await expect(change({ amount: 5 })).rejects.toThrow('full')
    fill(false)
    await expect(
      edit(approvals.parts, ann, id, { digest: `sha256:${'9'.repeat(64)}`, values: { amount: 5 } }),
    ).rejects.toMatchObject(code('approval.changed'))
    expect(await cardOf(id)).toBe(digest)
    expect((await approvals.parts.safe.suspended(id))?.arguments).toEqual(payment.arguments)
  })

  test('of an edit and an approval at once exactly one counts, and what was not seen is not done', async () => {
    await using store = await engine.open()
    const { approvals, cardOf } = await approvalWorld(store)
    const { id } = await approvals.ask(payment)
    const digest = await cardOf(id)
    const [edited, approved] = await Promise.allSettled([
      edit(approvals.parts, ann, id, { digest, values: { amount: 5 } }),
      approve(approvals.parts, bob, id, { digest, origin }),
    ])
    const done = await approvals.claim(id)
    if (approved.status === 'fulfilled') expect(done?.arguments).toEqual(payment.arguments)
    else expect([edited.status, done]).toEqual(['fulfilled', undefined])
  })

  test('an edit that makes it graver makes whoever approves owe more, and takes a first yes back', async () => {
    await using store = await engine.open()
    const { approvals, give, cardOf, state } = await approvalWorld(store)
    const { id } = await approvals.ask({ ...payment, obligations: ['second-person'] })
    expect((await give(id, ann)).agreed_by).toBe('p_ann')
    state.decision = { class: 'ask', reasons: [], obligations: ['step-up'] }
    const row = await edit(approvals.parts, ann, id, { digest: await cardOf(id), values: { amount: 99 } })
    expect(row).toMatchObject({ obligations: 'second-person,step-up', agreed_by: null })
    await expect(give(id, ann)).rejects.toMatchObject(code('approval.step-up'))
  })

  test('whoever decides in another’s place says yes or no to what is there, once, and nothing more', async () => {
    await using store = await engine.open()
    const { approvals, give, cardOf, steps } = await approvalWorld(store)
    const { parts } = approvals
    const { id } = await approvals.ask(payment)
    const digest = await cardOf(id)
    for (const other of [bob, { ...bob, roles: ['owner'] } as const]) {
      const consent = { digest, origin, remember: { days: 1 } }
      await expect(edit(parts, other, id, { digest, values: { amount: 5 } })).rejects.toMatchObject(
        code('approval.not-yours'),
      )
      await expect(give(id, other, { remember: { days: 1 } })).rejects.toMatchObject(
        code('approval.not-yours'),
      )
      await expect(challengeOf(parts, other, id, consent)).rejects.toMatchObject(code('approval.not-yours'))
      const view = (await cardView(parts, (await parts.store.find(id))!, other))!
      expect([view.alternatives, view.narrow]).toEqual([['approve', 'deny', 'deny-and-stop'], undefined])
    }
    const own = (await cardView(parts, (await parts.store.find(id))!, ann))!
    expect(own.alternatives).toEqual(expect.arrayContaining(['edit', 'narrow']))
    await give(id, bob)
    expect((await approvals.claim(id))?.arguments).toEqual(payment.arguments)
    expect(steps()).toEqual(['asked', 'approved', 'used'])
  })

  test('two different people approve, each with a signature, whichever is first', async () => {
    await using store = await engine.open()
    const { approvals, give, steps, heard, fill } = await approvalWorld(store)
    const { id } = await approvals.ask({ ...payment, obligations: ['second-person'] })
    fill(true)
    await expect(give(id, bob)).rejects.toThrow('full')
    fill(false)
    expect(await give(id, bob)).toMatchObject({ state: 'pending', agreed_by: 'p_bob' })
    await expect(give(id, bob)).rejects.toMatchObject(code('approval.second-person'))
    expect(await approvals.claim(id)).toBeUndefined()
    const both = await Promise.allSettled([give(id, ann), give(id, { ...bob, person: 'p_eve' })])
    expect(both.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    const row = (await approvals.parts.store.find(id))!
    for (const text of [row.signature, row.agreed_signature]) {
      expect(await signatureHolds(JSON.parse(text!) as Signed<unknown>)).toBe(true)
    }
    expect(steps()).toEqual(['asked', 'agreed', 'approved'])
    expect(heard).toEqual(['approval.asked', 'approval.agreed', 'approval.approved'])
  })

  test('what only its person may do, nobody else does for them, and it is no other approval', async () => {
    await using store = await engine.open()
    const { approvals, give } = await approvalWorld(store)
    const { id } = await approvals.draft(payment)
    expect((await approvals.draft({ ...payment, act: 'a2' })).id).toBe(id)
    expect(await approvals.find(payment)).toBeUndefined()
    await expect(give(id, { ...bob, roles: ['owner'] })).rejects.toMatchObject(code('approval.not-yours'))
    await expect(give(id, ann, { remember: { days: 1 } })).rejects.toMatchObject(code('approval.standing'))
    await give(id)
    expect(await approvals.claim(id)).toMatchObject({ draft: true })
  })

  test('knows again where acts went that were performed, and of whom, without saying it', async () => {
    await using store = await engine.open()
    const { approvals, give } = await approvalWorld(store)
    const before = async (suspended: Suspended) => {
      const { id } = await approvals.ask(suspended)
      const card = (await approvals.parts.safe.card(id))!
      return { id, before: card.arguments.find(({ name }) => name === 'to')?.before }
    }
    const first = await before(payment)
    expect(first.before).toEqual({ times: 0 })
    await give(first.id)
    await approvals.claim(first.id)
    await approvals.finish(first.id, { status: 'completed', answer: '1' })
    const [again, eve, ofBob] = [
      await before({ ...payment, act: 'a2' }),
      await before({ ...payment, arguments: { ...payment.arguments, to: 'eve' } }),
      await before({
        ...payment,
        subject: 'p_bob',
        holder: 'did:key:z9',
      }),
    ]
    expect([again.before?.times, eve.before?.times, ofBob.before?.times]).toEqual([1, 0, 0])
    const rows = await store
      .tables<{ approval_sink: { sink: string } }>()
      .selectFrom('approval_sink')
      .selectAll()
      .execute()
    expect(JSON.stringify(rows)).not.toContain('bob')
    expect(rows.length).toBe(1)
  })

  test('several are approved with one signature; those of another agent, mandate or person are not', async () => {
    await using store = await engine.open()
    const { approvals, cardOf } = await approvalWorld(store)
    const asked = []
    for (const amount of [1, 2, 3]) asked.push(await approvals.ask({ ...payment, arguments: { amount } }))
    const other = await approvals.ask({ ...payment, links: ['m_2', 'leaf_1'] })
    const lists = await groups(approvals.parts, ann)
    expect(new Map(lists.map((list) => [list.mandate, list.rows.length]))).toEqual(
      new Map([
        ['m_1', 3],
        ['m_2', 1],
      ]),
    )
    const named = async (ids: readonly string[]) =>
      await Promise.all(ids.map(async (id) => ({ id, digest: await cardOf(id) })))
    const ids = asked.map(({ id }) => id)
    const mixed = { approve: await named([ids[0]!, other.id]), deny: [], origin }
    await expect(approveTogether(approvals.parts, ann, mixed)).rejects.toMatchObject(code('approval.plan'))
    const twice = { approve: await named([ids[0]!]), deny: [ids[0]!], origin }
    await expect(approveTogether(approvals.parts, ann, twice)).rejects.toMatchObject(code('approval.plan'))
    const eve = { ...ann, person: 'p_eve' }
    const list = { approve: await named(ids.slice(0, 2)), deny: [ids[2]!], origin }
    await expect(approveTogether(approvals.parts, eve, list)).rejects.toMatchObject(
      code('approval.not-yours'),
    )
    expect(await approveTogether(approvals.parts, ann, list)).toEqual({
      approved: ids.slice(0, 2),
      failed: [],
    })
    const rows = await Promise.all(ids.map(async (id) => (await approvals.parts.store.find(id))!))
    expect(rows.map(({ state }) => state)).toEqual(['approved', 'approved', 'denied'])
    expect(rows[0]!.signature).toBe(rows[1]!.signature)
    const signed = JSON.parse(rows[0]!.signature!) as Signed<{ approvals: readonly unknown[] }>
    expect(signed.body.approvals.length).toBe(2)
    expect(await signatureHolds(signed)).toBe(true)
  })

  test('whoever answers faster than anyone reads has to read all of it first', async () => {
    await using store = await engine.open()
    const metrics = createMetrics()
    const world = await approvalWorld(store, {
      fatigue: { asksMax: 0, quickMax: 3 },
      metrics,
      expiresMs: 60 * minuteMs,
    })
    const { approvals, give, clock, heard } = world
    const open = async (id: string) => await approvals.parts.store.open(id, clock.now())
    for (let amount = 0; amount < 3; amount++) {
      const { id } = await approvals.ask({ ...payment, arguments: { amount } })
      await open(id)
      clock.advance(699)
      await give(id)
    }
    const { id } = await approvals.ask({ ...payment, arguments: { amount: 9 } })
    await open(id)
    clock.advance(5000)
    await expect(give(id)).rejects.toMatchObject(code('approval.plan-mode'))
    // Another person is not tired, and a no is always taken.
    const second = await approvals.ask({ ...payment, arguments: { amount: 10 } })
    await give(second.id, bob)
    expect(heard).toContain('approval.fatigue')
    expect(metrics.text()).toContain('ambit_approval_fatigue_total 1')
    clock.advance(10 * minuteMs)
    await give(id)
    const third = await approvals.ask({ ...payment, arguments: { amount: 11 } })
    await deny(approvals.parts, ann, third.id)
  })

  test('a card that nobody opened was not read, and neither a list nor a program opens one', async () => {
    await using store = await engine.open()
    const world = await approvalWorld(store, { fatigue: { asksMax: 0, quickMax: 2 } })
    const { approvals, give, clock } = world
    const routes = approvalRoutes(approvals.parts)
    const get = async (path: string, caller: Caller, params = {}) => {
      const found = routes.find((each) => each.method === 'GET' && each.path === path)!
      await found.handle({ caller, params, query: { limit: 50 } } as never)
    }
    const opened = async (id: string) => (await approvals.parts.store.find(id))?.opened
    const ask = async (amount: number) => (await approvals.ask({ ...payment, arguments: { amount } })).id
    for (const amount of [1, 2]) {
      const id = await ask(amount)
      await get('/api/approvals', ann)
      await get('/api/approvals/together', ann)
      await get('/api/approvals/:id', { ...ann, by: 'token' }, { id })
      await get('/api/approvals/:id', { ...bob, roles: ['auditor'] }, { id })
      expect(await opened(id)).toBeNull()
      clock.advance(5000)
      await give(id)
    }
    const tired = await ask(3)
    await get('/api/approvals/:id', ann, { id: tired })
    expect(await opened(tired)).toBe(clock.now())
    clock.advance(5000)
    await expect(give(tired)).rejects.toMatchObject(code('approval.plan-mode'))
  })

  test('the time to answer begins when nobody is disturbed any more', async () => {
    await using store = await engine.open()
    const { approvals, clock } = await approvalWorld(store, {
      quietUntil: (person, now) => (person === 'p_ann' ? now + 480 * minuteMs : undefined),
    })
    const { id, expiresAt } = await approvals.ask(payment)
    expect(expiresAt - clock.now()).toBe(490 * minuteMs)
    clock.advance(489 * minuteMs)
    await approvals.sweep()
    expect((await approvals.get(id, payment.holder))?.state).toBe('pending')
  })

  test('a stop from a card reaches whoever stops it, and is refused before anything where nobody does', async () => {
    await using store = await engine.open()
    const stopped: string[] = []
    const without = await approvalWorld(store)
    const { id } = await without.approvals.ask(payment)
    await expect(deny(without.approvals.parts, ann, id, { stop: 'agent' })).rejects.toMatchObject(
      code('approval.stop'),
    )
    expect((await without.approvals.get(id, payment.holder))?.state).toBe('pending')
    const { approvals } = await approvalWorld(store, {
      stopAgent: async (caller, { holder }, what) => void stopped.push(`${caller.person} ${holder} ${what}`),
    })
    await deny(approvals.parts, ann, id, { stop: 'agent' })
    expect(stopped).toEqual([`p_ann ${payment.holder} agent`])
  })
})
