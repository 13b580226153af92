import type { Leaf } from '@ambit/core/leaf'
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
import type { ApprovalOptions } from './approval.ts'
import { approve, deny } from './decision.ts'
import { transfer } from './suspended-fixture.ts'
import { voidWaiting } from './voiding.ts'

const minuteMs = 60_000
const ann: Caller = { person: 'p_ann', organization: 'main', roles: [], by: 'session' }

async function world(store: Store, more: Partial<ApprovalOptions> = {}) {
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
    ...more,
  }
  const open = async () => await openApprovals(options)
  return {
    clock,
    bus,
    heard,
    open,
    approvals: await open(),
    steps: () => leaves.leaves.map((leaf: Leaf) => (leaf.kind === 'approval' ? leaf.step : leaf.kind)),
    fill: (now: boolean) => {
      full = now
    },
  }
}

describe.each(storeEngines)('the outbox on $name', (engine) => {
  test('holds an act for its window, lets it go once, and its holder reads the outcome', async () => {
    await using store = await engine.open()
    const { approvals, clock, steps, heard } = await world(store)
    const held = await approvals.hold(transfer, minuteMs)
    expect(held).toMatchObject({ state: 'held', dueAt: clock.now() + minuteMs })
    clock.advance(minuteMs - 1)
    expect(await approvals.claim(held.id)).toBeUndefined()
    clock.advance(1)
    await expect.poll(() => heard).toEqual(['approval.held', 'approval.approved'])
    expect(await approvals.claim(held.id)).toEqual({ ...transfer, held: true })
    expect(await approvals.claim(held.id)).toBeUndefined()
    await approvals.finish(held.id, { status: 'completed', answer: '1' })
    expect(await approvals.get(held.id, transfer.holder)).toMatchObject({ state: 'done' })
    expect(steps()).toEqual(['held', 'released', 'used'])
  })

  test('gives the same act that is asked again its place, and another act one of its own', async () => {
    await using store = await engine.open()
    const { approvals } = await world(store)
    const [first, again] = await Promise.all([
      approvals.hold(transfer, minuteMs),
      approvals.hold({ ...transfer, act: 'a2' }, minuteMs),
    ])
    expect(again.id).toBe(first.id)
    expect((await approvals.find({ ...transfer, act: 'a3' }))?.id).toBe(first.id)
    const other = await approvals.hold({ ...transfer, arguments: { to: 'li' } }, minuteMs)
    expect(other.id).not.toBe(first.id)
  })

  test('does not look again and again for one whose time went by while the node was away', async () => {
    await using store = await engine.open()
    const { approvals, clock, open } = await world(store)
    await approvals.hold(transfer, minuteMs)
    await approvals[Symbol.asyncDispose]()
    clock.advance(60 * minuteMs)
    await using again = await open()
    let looks = 0
    const due = again.parts.store.due.bind(again.parts.store)
    again.parts.store.due = async (...of) => {
      looks++
      return await due(...of)
    }
    await again.recover()
    for (let turn = 0; turn < 5; turn++) {
      clock.advance(1)
      await again.parts.store.nextDue(clock.now())
    }
    expect(looks).toBe(1)
  })

  test('does what its person says before: a veto ends it, letting go is at once', async () => {
    await using store = await engine.open()
    const { approvals, clock, steps } = await world(store)
    const vetoed = await approvals.hold(transfer, minuteMs)
    const denied = await approvals.hold({ ...transfer, arguments: { to: 'li' } }, minuteMs)
    const early = await approvals.hold({ ...transfer, arguments: { to: 'wu' } }, minuteMs)
    await approvals.veto({ ...ann, by: 'token' }, vetoed.id)
    await deny(approvals.parts, ann, denied.id, { note: 'no' })
    const { card } = (await approvals.parts.store.find(early.id))!
    await approve(approvals.parts, ann, early.id, { digest: card, origin: 'http://localhost' })
    expect(await approvals.claim(early.id)).toBeDefined()
    clock.advance(minuteMs)
    await approvals.sweep()
    for (const { id } of [vetoed, denied]) {
      expect(await approvals.claim(id)).toBeUndefined()
      expect(await approvals.get(id, transfer.holder)).toMatchObject({ state: 'denied' })
    }
    expect(steps().toSorted()).toEqual(
      ['held', 'held', 'held', 'denied', 'denied', 'released', 'used'].toSorted(),
    )
    await expect(approvals.veto(ann, early.id)).rejects.toMatchObject({ code: 'approval.decided' })
  })

  test('lets nobody else veto, and tells other organisations nothing', async () => {
    await using store = await engine.open()
    const { approvals } = await world(store)
    const { id } = await approvals.hold(transfer, minuteMs)
    await expect(approvals.veto({ ...ann, person: 'p_li' }, id)).rejects.toMatchObject({
      code: 'approval.not-yours',
    })
    await expect(approvals.veto({ ...ann, organization: 'other' }, id)).rejects.toMatchObject({
      code: 'input.not-found',
    })
    await approvals.veto({ ...ann, person: 'p_boss', roles: ['owner'] }, id)
  })

  test('survives a restart, and what is stale by then is not done', async () => {
    await using store = await engine.open()
    const { approvals, clock, open } = await world(store)
    const soon = await approvals.hold(transfer, minuteMs)
    const later = await approvals.hold({ ...transfer, arguments: { to: 'li' } }, 30 * minuteMs)
    await approvals[Symbol.asyncDispose]()
    clock.advance(20 * minuteMs)
    await using restarted = await open()
    await restarted.recover()
    await restarted.sweep()
    // Due 19 minutes ago, and an answer would have been awaited for ten.
    expect(await restarted.get(soon.id, transfer.holder)).toMatchObject({ state: 'expired' })
    expect(await restarted.get(later.id, transfer.holder)).toMatchObject({ state: 'held' })
    clock.advance(10 * minuteMs)
    await expect.poll(async () => (await restarted.get(later.id, transfer.holder))?.state).toBe('approved')
    expect(await restarted.claim(later.id)).toBeDefined()
  })

  test('of two replicas exactly one performs it', async () => {
    await using store = await engine.open()
    const { approvals, open, clock, heard } = await world(store)
    await using other = await open()
    const { id } = await approvals.hold(transfer, minuteMs)
    clock.advance(minuteMs)
    await Promise.all([approvals.sweep(), other.sweep()])
    await expect.poll(() => heard.includes('approval.approved')).toBe(true)
    const claims = await Promise.all([approvals.claim(id), other.claim(id), approvals.claim(id)])
    expect(claims.filter((claim) => claim !== undefined).length).toBe(1)
  })

  test('is let go later when the log takes nothing', async () => {
    await using store = await engine.open()
    const { approvals, clock, fill, steps } = await world(store)
    const { id } = await approvals.hold(transfer, minuteMs)
    fill(true)
    clock.advance(minuteMs)
    await expect.poll(async () => (await approvals.parts.store.find(id))?.state).toBe('approved')
    expect(await approvals.claim(id)).toBeUndefined()
    fill(false)
    await approvals.sweep()
    expect(await approvals.claim(id)).toBeUndefined()
    clock.advance(minuteMs)
    await approvals.sweep()
    await expect.poll(steps).toEqual(['held', 'released'])
    expect(await approvals.claim(id)).toBeDefined()
  })

  test('a revoked mandate voids what is held under it, and nothing else', async () => {
    await using store = await engine.open()
    const { approvals, bus, clock } = await world(store)
    const under = await approvals.hold(transfer, minuteMs)
    const other = await approvals.hold({ ...transfer, links: ['m_2', 'leaf_2'] }, minuteMs)
    bus.publish('mandate.revoked', { ids: ['m_1'] })
    await expect.poll(async () => (await approvals.parts.store.find(under.id))?.state).toBe('void')
    expect(await approvals.get(under.id, transfer.holder)).toMatchObject({
      outcome: { status: 'cancelled', error: { code: 'mandate.revoked' } },
    })
    expect(await approvals.get(other.id, transfer.holder)).toMatchObject({ state: 'held' })
    clock.advance(minuteMs)
    await approvals.sweep()
    expect(await approvals.claim(under.id)).toBeUndefined()
    expect(await approvals.claim(other.id)).toBeDefined()
  })

  test('its holder takes it back', async () => {
    await using store = await engine.open()
    const { approvals } = await world(store)
    const { id } = await approvals.hold(transfer, minuteMs)
    expect(await approvals.withdraw(id, transfer.holder)).toMatchObject({ state: 'void' })
  })

  test('is taken back when the last of those who want it goes away, on whichever replica they called', async () => {
    await using store = await engine.open()
    const { approvals, open, steps } = await world(store)
    await using other = await open()
    const { id } = await approvals.hold(transfer, minuteMs)
    expect((await other.hold({ ...transfer, act: 'a2' }, minuteMs)).id).toBe(id)
    expect((await approvals.hold({ ...transfer, act: 'a3' }, minuteMs)).id).toBe(id)
    await approvals.leave(id, 'did:key:another')
    await Promise.all([approvals.leave(id, transfer.holder), other.leave(id, transfer.holder)])
    expect(await approvals.get(id, transfer.holder)).toMatchObject({ state: 'held' })
    await other.leave(id, transfer.holder)
    expect(await approvals.get(id, transfer.holder)).toMatchObject({ state: 'void' })
    expect(steps()).toEqual(['held', 'void'])
    // Whoever comes then has an act of their own.
    expect((await approvals.hold(transfer, minuteMs)).id).not.toBe(id)
  })

  test('of one who comes as the only other one goes, nothing is told that is not so', async () => {
    await using store = await engine.open()
    const { approvals, open } = await world(store)
    await using other = await open()
    for (let n = 0; n < 20; n++) {
      const act = { ...transfer, arguments: { n } }
      const { id } = await approvals.hold(act, minuteMs)
      const [, joined] = await Promise.all([
        approvals.leave(id, transfer.holder),
        other.hold({ ...act, act: 'a2' }, minuteMs),
      ])
      expect(await approvals.get(joined.id, transfer.holder)).toMatchObject({ state: 'held' })
      expect((await approvals.parts.store.find(joined.id))?.callers).toBe(1)
    }
  })

  test('what was stopped since it began is void at once, or when its window is over', async () => {
    await using store = await engine.open()
    let stopped = true
    const why = { code: 'user.stopped', rule: 'st_1', what: 'stopped by Ann' }
    const { approvals, clock, steps } = await world(store, {
      stoppedSince: async ({ act }) => (stopped && act !== 'let go' ? why : undefined),
    })
    const ended = { state: 'void', outcome: { error: { code: 'user.stopped' } } }
    expect(await approvals.hold(transfer, minuteMs)).toMatchObject(ended)
    stopped = false
    const { id } = await approvals.hold(transfer, minuteMs)
    const early = await approvals.hold({ ...transfer, arguments: { to: 'li' } }, minuteMs)
    stopped = true
    // A person who lets it go says so after the stop.
    const { card } = (await approvals.parts.store.find(early.id))!
    await approve(approvals.parts, ann, early.id, { digest: card, origin: 'http://localhost' })
    expect(await approvals.claim(early.id)).toBeDefined()
    clock.advance(minuteMs)
    await approvals.sweep()
    await expect.poll(async () => await approvals.get(id, transfer.holder)).toMatchObject(ended)
    expect(await approvals.claim(id)).toBeUndefined()
    expect(steps()).toEqual(['held', 'void', 'held', 'held', 'released', 'used', 'void'])
  })

  test('what is being performed by now is not called off by who looked at what waits', async () => {
    await using store = await engine.open()
    const { approvals, clock } = await world(store)
    const why = { code: 'user.stopped', rule: 'st_1', what: 'stopped by Ann' }
    const { id } = await approvals.hold(transfer, minuteMs)
    // Between seeing that it waits and ending it, its window is over and another replica performs it.
    const ended = await voidWaiting(
      {
        parts: {
          ...approvals.parts,
          safe: {
            ...approvals.parts.safe,
            suspended: async (of: string) => {
              clock.advance(minuteMs)
              await approvals.sweep()
              await expect.poll(async () => await approvals.claim(of)).toBeDefined()
              return await approvals.parts.safe.suspended(of)
            },
          },
        },
      },
      'main',
      () => true,
      [why],
    )
    expect(ended).toBe(1)
    expect(await approvals.get(id, transfer.holder)).toMatchObject({ state: 'performing' })
    await approvals.finish(id, { status: 'completed', answer: '1' })
    expect(await approvals.get(id, transfer.holder)).toMatchObject({ state: 'done' })
  })

  test('takes no flood', async () => {
    await using store = await engine.open()
    const { approvals } = await world(store)
    for (let n = 0; n < 200; n++) await approvals.hold({ ...transfer, arguments: { n } }, minuteMs)
    await expect(approvals.hold({ ...transfer, arguments: { n: -1 } }, minuteMs)).rejects.toMatchObject({
      code: 'approval.too-many',
    })
  })
})
