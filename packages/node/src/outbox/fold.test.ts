import type { ApprovalLeaf, Leaf, RefusedLeaf } from '@ambit/core/leaf'
import { describe, expect, test } from 'vitest'
import { transfer } from '../approval/suspended-fixture.ts'
import { foldLeaves } from './fold.ts'
import type { ApprovalFact } from './fold.ts'
import type { JournalRow } from './journal-row.ts'
import { aCapability, aTarget, actId, anIntent, anOutcome, at, digest, notes } from './outbox-fixture.ts'

const dayMs = 86_400_000
const one = actId(0)

function fold(
  leaves: readonly Leaf[],
  known: readonly JournalRow[] = [],
  approvals: ReadonlyMap<string, ApprovalFact> = new Map(),
  target = notes,
) {
  return foldLeaves(leaves, known, { target: () => target, approvals, keepMs: 10 * dayMs })
}

function approvalLeaf(step: ApprovalLeaf['step'], person?: string): ApprovalLeaf {
  const leaf = { v: 1, kind: 'approval', at: new Date(at).toISOString(), approval: 'ap_1', act: one } as const
  return { ...leaf, step, card: digest, ...(person === undefined ? {} : { person }) }
}

const held: ReadonlyMap<string, ApprovalFact> = new Map([
  [
    'ap_1',
    {
      organization: 'main',
      subject: 'p_ann',
      due: at + 5000,
      decidedBy: null,
      suspended: { ...transfer, act: one },
    },
  ],
])

describe('the log, folded', () => {
  test('tells of an act what it did, how it ended and until when it can be undone', () => {
    const { rows, reads } = fold([anIntent(one), anOutcome(one)])
    expect(rows).toMatchObject([
      {
        act: one,
        organization: 'main',
        person: 'p_ann',
        agent: 'did:key:zAgent',
        slug: 'notes',
        effect: 'write',
        decision: 'alone',
        state: 'done',
        ended: at + 1000,
        undo_until: at + 10 * dayMs,
      },
    ])
    expect(JSON.parse(rows[0]!.inverse!)).toMatchObject({ capability: 'delete_note' })
    expect(reads).toEqual([])
  })

  test('is the same in one part or in many', () => {
    const leaves = [anIntent(one), anIntent(actId(1), { capability: 'send' }), anOutcome(one, 'failed')]
    const whole = fold(leaves).rows
    const parts: JournalRow[] = []
    for (const leaf of leaves) {
      for (const row of fold([leaf], parts).rows) {
        const index = parts.findIndex(({ act }) => act === row.act)
        if (index < 0) parts.push(row)
        else parts[index] = row
      }
    }
    expect(parts).toEqual(whole)
  })

  test('only counts what reads', () => {
    const { rows, reads } = fold([
      anIntent(one, { capability: 'list' }),
      anOutcome(one),
      anIntent(actId(1), { capability: 'list' }),
    ])
    expect(rows).toEqual([])
    expect(reads).toEqual([{ organization: 'main', person: 'p_ann', day: Math.floor(at / dayMs), acts: 2 }])
  })

  test('takes what nobody accepted, or what has changed, for the gravest: no inverse', () => {
    const unaccepted = aTarget([{ ...notes.capabilities.get('create_note')!, accepted: false }])
    const changed = aTarget([
      { ...aCapability('create_note', { effect: 'read' }), definition: `sha256:${'1'.repeat(64)}` },
    ])
    for (const target of [unaccepted, changed]) {
      expect(fold([anIntent(one), anOutcome(one)], [], new Map(), target).rows).toMatchObject([
        { effect: 'egress', reversibility: 3, inverse: null },
      ])
    }
  })

  test('tells refusals with their first reason', () => {
    const refused: RefusedLeaf = {
      v: 1,
      kind: 'act.refused',
      at: new Date(at).toISOString(),
      act: one,
      trace: one,
      callers: ['did:key:zAgent', 'p_ann'],
      links: [],
      target: digest,
      capability: 'send',
      in: 'mcp/x',
      arguments: digest,
      rulings: 1,
      reasons: [{ code: 'mandate.no-entry', rule: 'm_1' }],
    }
    expect(fold([refused]).rows).toMatchObject([{ state: 'refused', reason: 'mandate.no-entry' }])
  })

  test('follows an act in the outbox from being held to being done, or vetoed', () => {
    const waiting = fold([approvalLeaf('held')], [], held).rows
    expect(waiting).toMatchObject([{ state: 'held', due: at + 5000, decision: 'held', person: 'p_ann' }])
    expect(fold([approvalLeaf('denied', 'p_ann')], waiting, held).rows).toMatchObject([
      { state: 'denied', decided_by: 'p_ann' },
    ])
    const done = [approvalLeaf('released'), anIntent(one, { approval: 'ap_1' }), anOutcome(one)]
    expect(fold(done, waiting, held).rows).toMatchObject([
      { state: 'done', decision: 'held', approval: 'ap_1', decided_by: null },
    ])
    expect(fold([approvalLeaf('released', 'p_ann'), ...done.slice(1)], waiting, held).rows).toMatchObject([
      { state: 'done', decision: 'held', decided_by: 'p_ann' },
    ])
  })

  test('tells who or what decided', () => {
    const asked = new Map([['ap_1', { ...held.get('ap_1')!, due: null }]])
    const decisionOf = (more: Parameters<typeof anIntent>[1], approvals = asked) =>
      fold([anIntent(one, more)], [], approvals).rows[0]?.decision
    expect(decisionOf({})).toBe('alone')
    expect(decisionOf({ approval: 'ap_1' })).toBe('approved')
    expect(decisionOf({ approval: 'sa_1' })).toBe('standing')
    expect(decisionOf({ observed: [{ code: 'user.ask', rule: 'm_1' }] })).toBe('observed')
    expect(decisionOf({ undoes: actId(-5) })).toBe('undo')
  })
})
