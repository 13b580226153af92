import { expect, test } from 'vitest'
import type { Consent } from '../../api/consents.ts'
import { en } from '../../i18n/en.ts'
import { zh } from '../../i18n/zh.ts'
import { firstDraft, offersOf, picked } from './consent-draft.ts'
import type { ConsentDraft } from './consent-draft.ts'
import { consentSentences } from './consent-sentences.ts'

const consent: Consent = {
  id: 'r1',
  client: { id: 'c1', name: 'Desk', known: 'registered' },
  redirectHost: '127.0.0.1:1',
  resource: 'http://localhost/mcp',
  scopes: ['acts'],
  purpose: 'theirs',
  suggested: [{ target: '*', capability: '*' }],
  limits: {},
  records: [
    {
      id: 'aic-mail',
      slug: 'mail',
      title: 'Mail',
      kind: 'tool-server',
      capabilities: [
        { id: 'list', effect: 'read', reversibility: 0 },
        { id: 'find', effect: 'read', reversibility: 0 },
        { id: 'pay', effect: 'pay', reversibility: 2 },
      ],
      capabilityCount: 3,
    },
    {
      id: 'aic-notes',
      slug: 'notes',
      title: 'Notes',
      kind: 'tool-server',
      capabilities: [{ id: 'read', effect: 'read', reversibility: 0 }],
      capabilityCount: 1,
    },
  ],
  expires: '2027-01-01T00:00:00Z',
}
const all = offersOf(consent)
const first = firstDraft(consent, all, 'mine')

function said(draft: ConsentDraft, language: 'en' | 'zh' = 'en', client = 'Desk'): string {
  const text = language === 'en' ? en : zh
  const tag = language === 'en' ? 'en-GB' : 'zh-CN'
  const now = Date.parse('2026-12-01T12:00:00Z')
  const sentences = consentSentences({ client, all, draft, text, languageTag: tag, now })
  return sentences.join(' ').replaceAll(/[\u2068\u2069]/g, '')
}

test('says what is allowed, who decides, how much and until when', () => {
  expect(said(first)).toBe(
    'In your name, Desk may read with Mail and Notes (3 tools). Mild things go on alone and grave ones ask you. ' +
      'The number of calls is not limited. It ends on 31 December 2026, or as soon as you end it.',
  )
  const picks = picked(picked(first.picks, ['mail pay 0'], 'ask'), ['mail find 0'], 'autonomous')
  const bounded = {
    ...first,
    picks,
    callsMax: '20',
    money: [{ currency: 'EUR', amount: '12.50' }],
    megabytes: '1.5',
  }
  expect(said(bounded)).toBe(
    'In your name, Desk may read with Mail and Notes (3 tools) and spend money with Mail (1 tool). ' +
      '1 of these it does on its own. Before 1 of these you are asked each time. ' +
      'With 2 of these, mild things go on alone and grave ones ask you. ' +
      'At most 20 calls, €12.50 and 1.5 MB of data sent. It ends on 31 December 2026, or as soon as you end it.',
  )
  expect(said(bounded, 'zh')).toContain(
    'Desk 可以代您用 Mail和Notes 读取（3 个工具），用 Mail 花钱（1 个工具）。',
  )
})

test('says where money has no limit, and what is allowed as a whole', () => {
  const whole = said({ ...first, picks: picked(new Map(), ['mail *'], 'default') })
  expect(whole).toContain('Desk may use everything of Mail, also what is added later.')
  expect(whole).toContain('The money it may spend is not limited.')
})

test('says that nothing is chosen, and shows what hides in a name', () => {
  expect(said({ ...first, picks: new Map() })).toBe('Nothing is ticked yet.')
  expect(said(first, 'en', 'De\u202Esk')).toContain('De⟨U+202E⟩sk')
})
