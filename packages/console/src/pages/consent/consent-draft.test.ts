import { describe, expect, test } from 'vitest'
import type { Consent } from '../../api/consents.ts'
import { choiceOf, entriesOf, firstDraft, offersOf, picked, unknownWishes } from './consent-draft.ts'

const mail: Consent['records'][number] = {
  id: 'aic-mail',
  slug: 'mail',
  title: 'Mail',
  kind: 'tool-server',
  capabilities: [
    { id: 'list', effect: 'read', reversibility: 0 },
    { id: 'label', effect: 'write', reversibility: 0 },
    { id: 'purge', effect: 'write', reversibility: 3 },
    { id: 'send', effect: 'egress', reversibility: 1 },
  ],
  capabilityCount: 4,
}
const bank: Consent['records'][number] = {
  id: 'aic-bank',
  slug: 'bank',
  title: 'Bank',
  kind: 'agent',
  capabilities: [{ id: 'pay', effect: 'pay', reversibility: 2 }],
  capabilityCount: 1,
}

function consentOf(part: Partial<Consent>): Consent {
  return {
    id: 'r1',
    client: { id: 'c1', name: 'Desk', known: 'registered' },
    redirectHost: '127.0.0.1:1',
    resource: 'http://localhost/mcp',
    scopes: ['acts'],
    purpose: 'theirs',
    suggested: [{ target: 'mail', capability: '*' }],
    limits: {},
    records: [bank, mail],
    expires: '2027-01-01T00:00:00Z',
    ...part,
  }
}

describe('the draft of a consent', () => {
  test('ticks what was asked for and is mild, and nothing else', () => {
    const consent = consentOf({})
    const all = offersOf(consent)
    expect(all.map(({ record }) => record.slug)).toEqual(['mail', 'bank'])
    const draft = firstDraft(consent, all, 'mine')
    expect(entriesOf(all, draft.picks)).toEqual([
      { target: 'mail', capability: 'list' },
      { target: 'mail', capability: 'label' },
    ])
  })

  test('keeps the bounds a client proposed, but not what it proposed to decide alone', () => {
    const suggested: Consent['suggested'] = [
      { target: 'aic-mail', capability: 'se*', arguments: { to: { eq: 'a@b' } }, decision: 'autonomous' },
      { target: 'mail', capability: '*', effect: 'read' },
      { target: 'gone', capability: '*' },
    ]
    const consent = consentOf({ suggested })
    const all = offersOf(consent)
    const asked = all.flatMap(({ offers }) => offers.filter((offer) => offer.asked))
    expect(asked.map(({ entry }) => entry)).toEqual([
      { target: 'mail', capability: 'list', effect: 'read' },
      { target: 'mail', capability: 'send', arguments: { to: { eq: 'a@b' } } },
    ])
    expect(unknownWishes(consent)).toEqual([{ target: 'gone', capability: '*' }])
  })

  test('a record as a whole stands for each of its parts', () => {
    const consent = consentOf({})
    const all = offersOf(consent)
    const picks = picked(firstDraft(consent, all, 'mine').picks, ['mail *'], 'ask')
    expect(entriesOf(all, picks)).toEqual([{ target: 'mail', capability: '*', decision: 'ask' }])
    expect(entriesOf(all, picked(picks, ['mail *'], undefined))).toHaveLength(2)
  })

  test('begins with nothing where more was asked for than a mandate holds', () => {
    const capabilities = Array.from({ length: 201 }, (_, at) => ({
      id: `t${at}`,
      effect: 'read' as const,
      reversibility: 0 as const,
    }))
    const consent = consentOf({ records: [{ ...mail, capabilities }] })
    const all = offersOf(consent)
    expect(firstDraft(consent, all, 'mine').picks.size).toBe(0)
    const keys = all.flatMap(({ offers }) => offers.map(({ key }) => key))
    const draft = { ...firstDraft(consent, all, 'mine'), picks: picked(new Map(), keys, 'default') }
    expect(choiceOf(all, draft)).toEqual({ ok: false, wrong: ['entries'] })
  })

  test('takes over the limits a client proposed, and reads money by its currency', () => {
    const consent = consentOf({
      limits: {
        calls: 20,
        rate: { calls: 5, periodMs: 60_000 },
        money: { EUR: 1250, JPY: 300 },
        bytesOut: 2_500_000,
      },
    })
    const all = offersOf(consent)
    const draft = firstDraft(consent, all, 'mine')
    expect(draft.money).toEqual([
      { currency: 'EUR', amount: '12.50' },
      { currency: 'JPY', amount: '300' },
    ])
    expect(choiceOf(all, draft)).toMatchObject({ ok: true, choice: { limits: consent.limits } })
  })

  test('names each field that is not yet right', () => {
    const consent = consentOf({})
    const all = offersOf(consent)
    const draft = { ...firstDraft(consent, all, ' '), callsMax: '0', rateCalls: 'x', megabytes: '-1' }
    const money = [{ currency: 'EURO', amount: '1' }]
    expect(choiceOf(all, { ...draft, picks: new Map(), money })).toEqual({
      ok: false,
      wrong: ['purpose', 'picks', 'callsMax', 'rateCalls', 'money', 'megabytes'],
    })
    for (const amount of ['1.005', '0', '1e3', '']) {
      const rows = [{ currency: 'EUR', amount }]
      expect(choiceOf(all, { ...firstDraft(consent, all, 'mine'), money: rows }), amount).toMatchObject({
        ok: false,
      })
    }
  })
})
