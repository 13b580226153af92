import type { Decision } from '@ambit/core/decision'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Question } from '../authority/authority.ts'
import { ann, approvalWorld, bob, payment, transferring } from './approval-fixture.ts'
import { standingRoutes } from './standing-routes.ts'

const dayMs = 86_400_000
const asked: Decision = { class: 'ask', reasons: [], obligations: [] }

describe.each(storeEngines)('standing approvals on $name', (engine) => {
  const question = (now: number, change: object = {}): Question =>
    ({
      chain: { links: payment.links },
      target: { digest: payment.target },
      capability: transferring,
      arguments: payment.arguments,
      now,
      ...change,
    }) as unknown as Question

  test('answer exactly what was approved until they expire, after a restart too', async () => {
    await using store = await engine.open()
    const { approvals, give, clock, open, steps, heard } = await approvalWorld(store)
    const { id } = await approvals.ask(payment)
    expect(approvals.standing(question(clock.now()), asked)).toBeUndefined()
    await give(id, ann, { remember: { days: 30 } })
    const standing = id.replace('ap_', 'sa_')
    expect(steps()).toEqual(['asked', 'standing', 'approved'])
    expect(heard).toContain('standing.given')
    const again = await open()
    for (const each of [approvals, again]) {
      const now = clock.now()
      expect(each.standing(question(now), asked)).toBe(standing)
      // A leaf comes and goes; the lasting mandate is the same.
      expect(each.standing(question(now, { chain: { links: ['m_1', 'leaf_9'] } }), asked)).toBe(standing)
      const others: readonly [object, Decision?][] = [
        [{ chain: { links: ['m_2', 'leaf_1'] } }],
        [{ chain: { links: ['m_1', 'm_9'] } }],
        [{ target: { digest: `sha256:${'1'.repeat(64)}` } }],
        [{ capability: { ...transferring, id: 'other' } }],
        [{ capability: { ...transferring, definition: `sha256:${'1'.repeat(64)}` } }],
        [{ capability: { ...transferring, accepted: false } }],
        [{ capability: { ...transferring, profile: { ...transferring.profile, effect: 'identity' } } }],
        [{ arguments: { ...payment.arguments, to: 'eve' } }],
        [{ now: now + 30 * dayMs }],
        [{}, { ...asked, class: 'refuse' }],
        [{}, { ...asked, obligations: ['step-up'] }],
        [{}, { ...asked, obligations: ['second-person'] }],
        [{}, { ...asked, reasons: [{ code: 'user.ask', rule: 'ru_new', what: 'a rule made since' }] }],
      ]
      for (const [change, decision] of others) {
        expect(
          each.standing(question(now, change), decision ?? asked),
          JSON.stringify(change),
        ).toBeUndefined()
      }
    }
    await again[Symbol.asyncDispose]()
  })

  test('are ended by their person or an owner or approver, at once and everywhere', async () => {
    await using store = await engine.open()
    const { approvals, give, clock, open, steps, fill } = await approvalWorld(store)
    const other = await open()
    const { id } = await approvals.ask(payment)
    await give(id, bob, { remember: { days: 1 } })
    const standing = id.replace('ap_', 'sa_')
    const routes = standingRoutes(approvals.parts)
    const call = async (at: number, caller = ann, params = {}) => {
      const reply = await routes[at]!.handle({ caller, params, query: {} } as never)
      return 'body' in reply ? reply.body : undefined
    }
    const listed = (await call(0)) as { standing: readonly unknown[] }
    expect(listed.standing).toMatchObject([
      {
        id: standing,
        same: [
          { name: 'to', text: '"bob"' },
          { name: 'secretWord', text: '••••' },
        ],
      },
    ])
    expect(JSON.stringify(listed)).not.toContain('hunter2')
    const eve = { ...ann, person: 'p_eve' }
    expect(await call(0, eve)).toMatchObject({ standing: [] })
    await expect(call(1, eve, { id: standing })).rejects.toMatchObject({ code: 'input.not-found' })
    await expect(call(1, { ...bob, organization: 'other' }, { id: standing })).rejects.toMatchObject({
      code: 'input.not-found',
    })
    fill(true)
    await expect(call(1, ann, { id: standing })).rejects.toThrow('full')
    expect(approvals.standing(question(clock.now()), asked)).toBeUndefined()
    fill(false)
    await call(1, ann, { id: standing })
    for (const each of [approvals, other]) expect(each.standing(question(clock.now()), asked)).toBeUndefined()
    expect(steps().at(-1)).toBe('ended')
    await expect(call(1, ann, { id: standing })).rejects.toMatchObject({ code: 'approval.decided' })
    await other[Symbol.asyncDispose]()
  })

  test('are no half thing: where the log takes none, none is in force, and approving again completes it', async () => {
    await using store = await engine.open()
    const { approvals, give, clock, fill, steps } = await approvalWorld(store)
    const { id } = await approvals.ask(payment)
    fill(true)
    await expect(give(id, ann, { remember: { days: 1 } })).rejects.toThrow('full')
    expect(approvals.standing(question(clock.now()), asked)).toBeUndefined()
    expect(await approvals.claim(id)).toBeUndefined()
    fill(false)
    await give(id, ann, { remember: { days: 1 } })
    expect(approvals.standing(question(clock.now()), asked)).toBeDefined()
    expect(steps()).toEqual(['asked', 'standing', 'approved'])
  })

  test('lie sealed, and go with what is erased of their person', async () => {
    await using store = await engine.open()
    const { approvals, give, clock, bus } = await approvalWorld(store)
    const { id } = await approvals.ask(payment)
    await give(id, ann, { remember: { days: 1 } })
    const rows = async () =>
      await store
        .tables<{ approval_standing: { pattern: Uint8Array | null; ended: number | null } }>()
        .selectFrom('approval_standing')
        .selectAll()
        .execute()
    expect(Buffer.from((await rows())[0]!.pattern!).toString()).not.toMatch(/bob|hunter2/)
    bus.publish('subject.erased', { person: 'p_ann', periods: ['2026h1'] })
    await expect.poll(async () => (await rows())[0]!.pattern).toBeNull()
    expect(approvals.standing(question(clock.now()), asked)).toBeUndefined()
  })
})
