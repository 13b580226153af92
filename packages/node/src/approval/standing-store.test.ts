import type { Decision } from '@ambit/core/decision'
import { busPair } from '@ambit/testkit/bus-pair'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Question } from '../authority/authority.ts'
import { ann, approvalWorld, bob, payment, transferring } from './approval-fixture.ts'
import { standingRoutes } from './standing-routes.ts'
import { createStandingStore } from './standing-store.ts'
import { createStandings } from './standing.ts'

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
    await give(id, ann, { remember: { days: 1 } })
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

  test('are never more than what was signed, whoever asks again to complete it', async () => {
    await using store = await engine.open()
    const { approvals, give, clock, fill, steps, open } = await approvalWorld(store)
    const asks = async (to: string) => {
      const { id } = await approvals.ask({ ...payment, arguments: { ...payment.arguments, to } })
      return id
    }
    const answers = (each: typeof approvals, to: string) =>
      each.standing(question(clock.now(), { arguments: { ...payment.arguments, to } }), asked)
    const fails = async (id: string, remember?: { days: number }) => {
      fill(true)
      await expect(give(id, ann, remember && { remember })).rejects.toThrow('full')
      fill(false)
    }
    // Signed for once: asking again does not stretch it, and completes what was signed.
    const once = await asks('once')
    await fails(once)
    await expect(give(once, ann, { remember: { days: 90 } })).rejects.toMatchObject({
      code: 'approval.decided',
    })
    await give(once)
    expect([answers(approvals, 'once'), await approvals.claim(once)]).toEqual([undefined, expect.anything()])
    // Signed for a day: not for ninety, and less may be asked for.
    const day = await asks('day')
    await fails(day, { days: 1 })
    await expect(give(day, ann, { remember: { days: 90 } })).rejects.toMatchObject({
      code: 'approval.decided',
    })
    await give(day)
    expect(answers(approvals, 'day')).toBeUndefined()
    // What the node did not come to is made up for at its start, as it was signed.
    const later = await asks('later')
    await fails(later, { days: 1 })
    await using again = await open()
    await again.recover()
    expect(answers(again, 'later')).toBe(later.replace('ap_', 'sa_'))
    expect((await again.parts.standings.find(later.replace('ap_', 'sa_')))?.expires).toBe(clock.now() + dayMs)
    expect(steps().filter((step) => step === 'standing')).toHaveLength(1)
  })

  test('that were ended stay so on a replica that reads late that they were given', async () => {
    await using store = await engine.open()
    const { approvals, give, clock } = await approvalWorld(store)
    const { parts } = approvals
    const { id } = await approvals.ask(payment)
    await give(id, ann, { remember: { days: 1 } })
    const row = (await parts.standings.find(id.replace('ap_', 'sa_')))!
    // Another replica, whose reading takes until after the end.
    const read = Promise.withResolvers<void>()
    const [here, there] = busPair()
    const other = createStandings({
      ...parts,
      bus: there,
      store: {
        ...createStandingStore(store),
        find: async () => {
          await read.promise
          return row
        },
        live: async (_, after) => (after === '' ? [row] : []),
      },
    })
    here.publish('standing.given', { id: row.id })
    here.publish('standing.ended', { ids: [row.id] })
    read.resolve()
    await other.find(row.id)
    await other.load()
    expect(other.answer(question(clock.now()), asked)).toBeUndefined()
    other.close()
  })

  test('that are ended before the log has them never come into force', async () => {
    await using store = await engine.open()
    const world = await approvalWorld(store)
    const { approvals, give, clock, open } = world
    await using other = await open()
    const { id } = await approvals.ask(payment)
    const standing = id.replace('ap_', 'sa_')
    const leaf = approvals.parts.leaf.bind(approvals.parts)
    // Its person knows its id, and ends it by another replica while this one writes to the log.
    approvals.parts.leaf = async (row, step, person) => {
      const at = await leaf(row, step, person)
      if (step === 'standing')
        await other.parts.standings.end((await other.parts.standings.find(standing))!, 'p_ann')
      return at
    }
    await give(id, ann, { remember: { days: 1 } })
    for (const each of [approvals, other]) expect(each.standing(question(clock.now()), asked)).toBeUndefined()
    expect((await approvals.parts.standings.find(standing))?.leaf).toBeNull()
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
