import type { Leaf } from '@ambit/core/leaf'
import { signatureHolds } from '@ambit/core/signature'
import type { Signed } from '@ambit/core/signature'
import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import type { Store } from '../store/store.ts'
import { openApprovals } from './approval.ts'
import { approve, deny } from './decision.ts'
import { approvalRoutes } from './routes.ts'
import type { ApprovalCard } from './routes.ts'
import { digest, transfer as suspended } from './suspended-fixture.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const origin = 'http://localhost:7100'

const ann: Caller = { person: 'p_ann', organization: 'main', roles: [], by: 'session' }

async function world(store: Store) {
  const clock = handClock()
  const bus = createLocalBus(silentLog)
  const leaves = memoryLog()
  const signer = memorySigner()
  const heard: string[] = []
  bus.subscribe('approval.*', (_message, subject) => heard.push(subject))
  let full = false
  const options = {
    store,
    keyring: createKeyring(Buffer.alloc(32, 7), clock),
    identity: { personSigner: async () => signer },
    leaves: {
      write: async (entry: string) => {
        if (full) throw new Error('full')
        return await leaves.write(entry)
      },
    },
    log: silentLog,
    bus,
    clock,
    ids: createIds(clock),
    expiresMs: 10 * minuteMs,
  }
  const open = async () => await openApprovals(options)
  const approvals = await open()
  const cardOf = async (id: string) => (await approvals.parts.store.find(id))!.card
  return {
    clock,
    bus,
    approvals,
    heard,
    open,
    signer,
    cardOf,
    steps: () => leaves.leaves.map((leaf: Leaf) => (leaf.kind === 'approval' ? leaf.step : leaf.kind)),
    leaves,
    fill: (now: boolean) => {
      full = now
    },
    give: async (id: string, caller = ann) =>
      await approve(approvals.parts, caller, id, { digest: await cardOf(id), origin }),
  }
}

describe.each(storeEngines)('approvals on $name', (engine) => {
  test('let go of the contents of what ended when those of its person are erased', async () => {
    await using store = await engine.open()
    const { approvals, give, bus } = await world(store)
    const done = await approvals.ask(suspended)
    await give(done.id)
    await approvals.claim(done.id)
    await approvals.finish(done.id, { status: 'completed', answer: '"sent"' })
    const waiting = await approvals.ask({ ...suspended, act: 'a2', arguments: { other: true } })
    bus.publish('subject.erased', { person: 'p_li', periods: ['2026h1'] })
    expect(await approvals.parts.store.body(done.id, 'act')).toBeDefined()
    bus.publish('subject.erased', { person: 'p_ann', periods: ['2026h1'] })
    await expect.poll(async () => await approvals.parts.store.body(done.id, 'act')).toBeUndefined()
    expect(await approvals.parts.store.find(done.id)).toMatchObject({ state: 'done', kept: 0 })
    expect(await approvals.parts.store.body(waiting.id, 'act')).toBeDefined()
  })

  test('are asked, approved, claimed once, performed and fetched by their holder alone', async () => {
    await using store = await engine.open()
    const { approvals, give, steps, heard, signer } = await world(store)
    const pending = await approvals.ask(suspended)
    expect(pending).toMatchObject({ state: 'pending', act: 'a1', subject: 'p_ann' })
    expect(await approvals.claim(pending.id)).toBeUndefined()
    const row = await give(pending.id)
    const signed = JSON.parse(row.signature!) as Signed<unknown>
    expect(signed).toMatchObject({
      body: { decision: 'approved', person: 'p_ann', card: row.card },
      signature: { key: signer.key },
    })
    expect(await signatureHolds(signed)).toBe(true)
    expect(await approvals.claim(pending.id)).toEqual(suspended)
    expect(await approvals.claim(pending.id)).toBeUndefined()
    await approvals.finish(pending.id, { status: 'completed', answer: '{"ok":true}' })
    expect(await approvals.get(pending.id, 'did:key:zOther')).toBeUndefined()
    expect(await approvals.get(pending.id, suspended.holder)).toMatchObject({
      state: 'done',
      outcome: { status: 'completed', answer: '{"ok":true}' },
    })
    expect(steps()).toEqual(['asked', 'approved', 'used'])
    expect(heard).toEqual(['approval.asked', 'approval.approved', 'approval.done'])
  })

  test('of fifty that claim at once exactly one gets the act', async () => {
    await using store = await engine.open()
    const { approvals, give, steps } = await world(store)
    const { id } = await approvals.ask(suspended)
    await give(id)
    const claims = await Promise.all(Array.from({ length: 50 }, async () => await approvals.claim(id)))
    expect(claims.filter((claim) => claim !== undefined)).toEqual([suspended])
    expect(steps().filter((step) => step === 'used').length).toBe(1)
  })

  test('of many decisions at once exactly one counts', async () => {
    await using store = await engine.open()
    const { approvals, give, steps } = await world(store)
    const { id } = await approvals.ask(suspended)
    const decisions = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, at) =>
        at % 2 === 0 ? await give(id) : await deny(approvals.parts, ann, id),
      ),
    )
    expect(decisions.filter((decision) => decision.status === 'fulfilled').length).toBe(1)
    expect(steps().length).toBe(2)
  })

  test('the same asked again, at once or under a renewed leaf, is one pending act', async () => {
    await using store = await engine.open()
    const { approvals, steps } = await world(store)
    const asked = await Promise.all(
      Array.from(
        { length: 10 },
        async (_, at) => await approvals.ask({ ...suspended, act: `a${at}`, links: ['m_1', `leaf_${at}`] }),
      ),
    )
    expect(new Set(asked.map((each) => each.id)).size).toBe(1)
    expect(steps()).toEqual(['asked'])
  })

  test.each([
    ['arguments', { arguments: { to: 'eve', secretWord: 'hunter2' } }],
    ['definition', { definition: `sha256:${'1'.repeat(64)}` as const }],
    ['version', { target: `sha256:${'1'.repeat(64)}` as const }],
    ['holder', { holder: 'did:key:z2' }],
    ['mandate', { links: ['m_2', 'leaf_1'] }],
    ['capability', { capability: 'other' }],
  ])('an approval is not one for another %s', async (_name, change) => {
    await using store = await engine.open()
    const { approvals, give } = await world(store)
    const { id } = await approvals.ask(suspended)
    await give(id)
    expect((await approvals.find(suspended))?.id).toBe(id)
    expect(await approvals.find({ ...suspended, ...change })).toBeUndefined()
    expect((await approvals.ask({ ...suspended, ...change })).id).not.toBe(id)
  })

  test('an outcome that nobody fetched is given once to whoever calls again', async () => {
    await using store = await engine.open()
    const { approvals, give } = await world(store)
    const { id } = await approvals.ask(suspended)
    await give(id)
    await approvals.claim(id)
    expect((await approvals.find(suspended))?.state).toBe('performing')
    await approvals.finish(id, { status: 'completed', answer: '1' })
    const found = await Promise.all(Array.from({ length: 10 }, async () => await approvals.find(suspended)))
    expect(found.filter((each) => each !== undefined)).toMatchObject([
      { state: 'done', outcome: { answer: '1' } },
    ])
    expect((await approvals.ask(suspended)).id).not.toBe(id)
  })

  test('one holder has twenty waiting at most, others are not held up', async () => {
    await using store = await engine.open()
    const { approvals } = await world(store)
    const asks = await Promise.allSettled(
      Array.from({ length: 30 }, async (_, at) => await approvals.ask({ ...suspended, arguments: { at } })),
    )
    expect(asks.filter((ask) => ask.status === 'fulfilled').length).toBe(20)
    expect(asks.find((ask) => ask.status === 'rejected')?.reason).toMatchObject({ code: 'approval.too-many' })
    expect(await approvals.ask({ ...suspended, holder: 'did:key:z2' })).toMatchObject({ state: 'pending' })
  })

  test('no answer is a refusal', async () => {
    await using store = await engine.open()
    const { approvals, clock, give, steps } = await world(store)
    const { id } = await approvals.ask(suspended)
    const other = await approvals.ask({ ...suspended, arguments: {} })
    await give(other.id)
    clock.advance(10 * minuteMs)
    expect(await approvals.claim(other.id)).toBeUndefined()
    await expect(give(id)).rejects.toMatchObject({ code: 'approval.expired' })
    expect((await approvals.get(id, suspended.holder))?.state).toBe('expired')
    await approvals.sweep()
    expect((await approvals.get(other.id, suspended.holder))?.state).toBe('expired')
    expect(steps().filter((step) => step === 'expired').length).toBe(2)
    expect((await approvals.ask(suspended)).id).not.toBe(id)
  })

  test('only the person, an owner or an approver decides, in a session, on the card they saw', async () => {
    await using store = await engine.open()
    const { approvals, give } = await world(store)
    const { id } = await approvals.ask(suspended)
    const code = (wanted: string) => ({ code: wanted })
    await expect(give(id, { ...ann, by: 'token' })).rejects.toMatchObject(code('approval.session'))
    await expect(deny(approvals.parts, { ...ann, by: 'token' }, id)).rejects.toMatchObject(
      code('approval.session'),
    )
    await expect(give(id, { ...ann, person: 'p_eve', roles: ['operator', 'auditor'] })).rejects.toMatchObject(
      code('approval.not-yours'),
    )
    await expect(give(id, { ...ann, organization: 'other', roles: ['owner'] })).rejects.toMatchObject(
      code('input.not-found'),
    )
    await expect(approve(approvals.parts, ann, id, { digest, origin })).rejects.toMatchObject(
      code('approval.changed'),
    )
    expect((await give(id, { ...ann, person: 'p_bob', roles: ['approver'] })).decided_by).toBe('p_bob')
    await expect(give(id)).rejects.toMatchObject(code('approval.decided'))
  })

  test('what was being performed at a crash is unknown and never performed again', async () => {
    await using store = await engine.open()
    const { approvals, give, open, heard } = await world(store)
    const { id } = await approvals.ask(suspended)
    await give(id)
    await approvals.claim(id)
    const waiting = await approvals.ask({ ...suspended, arguments: {} })
    await give(waiting.id)
    await approvals[Symbol.asyncDispose]()
    heard.length = 0
    const again = await open()
    expect(await again.recover()).toMatchObject([
      { id, act: 'a1', state: 'done', outcome: { status: 'unknown' } },
    ])
    expect(await again.recover()).toEqual([])
    expect(heard).toContain('approval.approved')
    expect(await again.claim(id)).toBeUndefined()
    expect(await again.claim(waiting.id)).toBeDefined()
  })

  test('nothing is asked, performed or lost when the log cannot take it', async () => {
    await using store = await engine.open()
    const { approvals, give, fill, open, steps } = await world(store)
    fill(true)
    await expect(approvals.ask(suspended)).rejects.toThrow('full')
    expect(await approvals.find(suspended)).toBeUndefined()
    fill(false)
    const { id } = await approvals.ask(suspended)
    fill(true)
    await expect(give(id)).rejects.toThrow('full')
    expect(await approvals.claim(id)).toBeUndefined()
    fill(false)
    const again = await open()
    await again.recover()
    fill(true)
    await expect(again.claim(id)).rejects.toThrow('full')
    fill(false)
    expect(await again.claim(id)).toEqual(suspended)
    expect(steps()).toEqual(['asked', 'approved', 'used'])
  })

  test('an approval is void when its act may no longer happen, and its holder reads why', async () => {
    await using store = await engine.open()
    const { approvals, give, steps } = await world(store)
    const { id } = await approvals.ask(suspended)
    await give(id)
    await approvals.claim(id)
    await approvals.void(id, [{ code: 'record.recalled', rule: 'r', what: 'recalled' }])
    expect(await approvals.get(id, suspended.holder)).toMatchObject({
      state: 'void',
      outcome: { status: 'cancelled', error: { code: 'record.recalled' } },
    })
    await approvals.finish(id, { status: 'completed' })
    expect((await approvals.get(id, suspended.holder))?.state).toBe('void')
    expect(steps().at(-1)).toBe('void')
  })

  test('whoever asked may take it back until somebody decided, and nobody else may', async () => {
    await using store = await engine.open()
    const { approvals, give, steps, heard } = await world(store)
    const { id } = await approvals.ask(suspended)
    expect(await approvals.withdraw(id, 'did:key:zOther')).toBeUndefined()
    expect((await approvals.get(id, suspended.holder))?.state).toBe('pending')
    expect(await approvals.withdraw(id, suspended.holder)).toMatchObject({
      state: 'void',
      outcome: { status: 'cancelled', error: { code: 'approval.withdrawn' } },
    })
    await expect(give(id)).rejects.toMatchObject({ code: 'approval.decided' })
    expect([steps().at(-1), heard.at(-1)]).toEqual(['void', 'approval.void'])
    const second = await approvals.ask(suspended)
    await give(second.id)
    expect((await approvals.withdraw(second.id, suspended.holder))?.state).toBe('approved')
    expect(await approvals.claim(second.id)).toEqual(suspended)
  })

  test('contents lie sealed, and are taken away a week after the end', async () => {
    await using store = await engine.open()
    const { approvals, clock, give } = await world(store)
    const { id } = await approvals.ask(suspended)
    const db = store.tables<{ approval: object; approval_body: { act: Uint8Array; card: Uint8Array } }>()
    const rows = [
      ...(await db.selectFrom('approval').selectAll().execute()),
      ...(await db.selectFrom('approval_body').selectAll().execute()),
    ]
    for (const row of rows)
      for (const value of Object.values(row))
        expect(Buffer.from(value instanceof Uint8Array ? value : String(value)).toString()).not.toContain(
          'hunter2',
        )
    await give(id)
    await approvals.claim(id)
    await approvals.finish(id, { status: 'completed', answer: 'x' })
    clock.advance(8 * dayMs)
    await approvals.sweep()
    const left = await approvals.get(id, suspended.holder)
    expect(left?.state).toBe('done')
    expect(left?.outcome).toBeUndefined()
    expect(await db.selectFrom('approval_body').selectAll().execute()).toEqual([])
  })

  test('arguments that cannot be written down are refused, not crashed on', async () => {
    await using store = await engine.open()
    const { approvals } = await world(store)
    let deep: unknown = []
    for (let level = 0; level < 100_000; level++) deep = [deep]
    for (const values of [{ text: '\ud800' }, deep, { big: 1n }]) {
      await expect(approvals.ask({ ...suspended, arguments: values })).rejects.toMatchObject({
        code: 'input.invalid',
      })
    }
  })

  test('the routes show cards to those who may see them, and decide by the digest shown', async () => {
    await using store = await engine.open()
    const { approvals } = await world(store)
    const { id } = await approvals.ask(suspended)
    const eve: Caller = { ...ann, person: 'p_eve' }
    const routes = approvalRoutes(approvals.parts)
    const call = async (caller: Caller, path: string, body: object = {}) => {
      const found = routes.find((each) => each.path === path)!
      const request = { params: { id }, query: found.query?.parse({ state: 'pending' }), body, caller }
      const reply = await found.handle(request as never)
      return 'body' in reply ? found.reply.parse(reply.body) : undefined
    }
    expect(routes.filter((each) => each.method === 'POST').every((each) => each.sessionOnly === true)).toBe(
      true,
    )
    expect(await call(eve, '/api/approvals')).toEqual({ approvals: [] })
    expect(await call(ann, '/api/approvals')).toMatchObject({ approvals: [{ id, state: 'pending' }] })
    await expect(call(eve, '/api/approvals/:id')).rejects.toMatchObject({ code: 'input.not-found' })
    const card = (await call({ ...eve, roles: ['auditor'] }, '/api/approvals/:id')) as ApprovalCard
    expect(card.arguments.map((each) => each.text)).toContain('"bob"')
    const approved = await call(ann, '/api/approvals/:id/approve', { digest: card.digest })
    expect(approved).toMatchObject({ state: 'approved', decidedBy: 'p_ann', digest: card.digest })
  })
})
