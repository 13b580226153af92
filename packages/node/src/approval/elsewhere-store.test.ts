import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { approvalWorld, payment } from './approval-fixture.ts'
import { editable } from './card.ts'
import type { Suspended } from './suspended.ts'

const elsewhere: Suspended = { ...payment, check: 'POST /transfers' }

describe.each(storeEngines)('what another data plane performs, on $name', (engine) => {
  test('is another action than the same one performed here, and another for each request', async () => {
    await using store = await engine.open()
    const { approvals } = await approvalWorld(store)
    const ids = new Set<string>()
    for (const each of [payment, elsewhere, { ...elsewhere, check: 'POST /other' }])
      ids.add((await approvals.ask(each)).id)
    expect(ids.size).toBe(3)
    expect((await approvals.find(elsewhere))?.id).toBe([...ids][1])
  })

  test('is never to be had for performing here, and once for performing there', async () => {
    await using store = await engine.open()
    const { approvals, give, steps } = await approvalWorld(store)
    const { id } = await approvals.ask(elsewhere)
    await give(id)
    expect(await approvals.claim(id)).toBeUndefined()
    expect((await approvals.find(elsewhere))?.state).toBe('approved')
    const claims = await Promise.all(
      Array.from({ length: 20 }, async () => await approvals.claim(id, 'elsewhere')),
    )
    expect(claims.filter((claim) => claim !== undefined)).toEqual([elsewhere])
    expect(steps()).toEqual(['asked', 'approved', 'used'])
    await approvals.finish(id, { status: 'not-observed' })
    expect(await approvals.get(id, elsewhere.holder)).toMatchObject({ outcome: { status: 'not-observed' } })
    expect(await approvals.find(elsewhere)).toBeUndefined()
    const own = await approvals.ask(payment)
    await give(own.id)
    expect(await approvals.claim(own.id, 'elsewhere')).toBeUndefined()
  })

  test('can be neither edited nor approved for later, and its card says who performs it', async () => {
    await using store = await engine.open()
    const { approvals } = await approvalWorld(store)
    const { id } = await approvals.ask(elsewhere)
    const card = await approvals.parts.safe.card(id)
    expect(card).toMatchObject({
      elsewhere: 'POST /transfers',
      alternatives: ['approve', 'deny', 'deny-and-stop'],
    })
    expect(card?.sections.find(({ topic }) => topic === 'what')?.lines[1]?.en).toContain('POST /transfers')
    expect(editable(elsewhere)).toBe(false)
  })
})
