import { expect, test } from 'vitest'
import { emptyDraft, mandateOf, pick } from './mandate-draft.ts'

test('names every field that is not yet right', () => {
  expect(mandateOf({ ...emptyDraft, callsMax: '0', rateCalls: 'many' })).toEqual({
    ok: false,
    missing: ['purpose', 'picks', 'callsMax', 'rateCalls'],
  })
})

test('makes one entry for each pick, and leaves the decision to the catalogue unless it was chosen', () => {
  let { picks } = emptyDraft
  picks = pick(picks, 'mail', 'send', 'ask')
  picks = pick(picks, 'mail', 'list', 'default')
  picks = pick(picks, 'shop', '*', 'user')
  picks = pick(picks, 'shop', '*', undefined)
  const result = mandateOf({ ...emptyDraft, purpose: ' Answer mail ', picks, callsMax: '20', rateCalls: '5' })
  expect(result).toEqual({
    ok: true,
    mandate: {
      purpose: 'Answer mail',
      allow: [
        { target: 'mail', capability: 'send', decision: 'ask' },
        { target: 'mail', capability: 'list' },
      ],
      limits: { calls: 20, rate: { calls: 5, periodMs: 3_600_000 } },
      expiresInDays: 30,
    },
  })
})

test('gives it to a registered agent where one is chosen', () => {
  const draft = { ...emptyDraft, purpose: 'x', picks: pick({}, 'mail', 'send', 'ask') }
  const held = mandateOf({ ...draft, agent: 'clerk' })
  expect(held.ok && held.mandate.agent).toBe('clerk')
  const open = mandateOf(draft)
  expect(open.ok && 'agent' in open.mandate).toBe(false)
})

test('takes a tool called like a member of every object', () => {
  const picks = pick(emptyDraft.picks, 'odd', '__proto__', 'ask')
  const result = mandateOf({ ...emptyDraft, purpose: 'x', picks })
  expect(result.ok && result.mandate.allow).toEqual([
    { target: 'odd', capability: '__proto__', decision: 'ask' },
  ])
})
