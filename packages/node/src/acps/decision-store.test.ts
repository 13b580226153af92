import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { openDecisionStore } from './decision-store.ts'
import type { DecisionRow } from './decision-store.ts'

const row: DecisionRow = {
  record: '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4',
  organization: 'main',
  digest: `sha256:${'0'.repeat(64)}`,
  decision: 'rejected',
  comments: 'say more',
  decided_by: 'p_reviewer',
  decided: 1_767_225_600_000,
}

describe.each(storeEngines)('decisions on $name', (engine) => {
  test('are one for each record, the newest, and of one organisation', async () => {
    await using store = await engine.open()
    const decisions = await openDecisionStore(store)
    expect(await decisions.decision(row.record)).toBeUndefined()
    await decisions.decide(row)
    await decisions.decide({ ...row, record: 'other', organization: 'north' })
    const later = { ...row, decision: 'withdrawn', comments: null, decided: row.decided + 1 } as const
    await decisions.decide(later)
    expect(await decisions.decision(row.record)).toEqual(later)
    expect(await decisions.decisions('main')).toEqual([later])
    await decisions.forget(row.record)
    expect(await decisions.decisions('main')).toEqual([])
    expect(await (await openDecisionStore(store)).decisions('north')).toHaveLength(1)
  })
})
