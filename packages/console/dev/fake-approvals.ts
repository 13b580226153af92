import type { Effect, Reversibility } from '@ambit/core/record'
import type { ApprovalCard } from '../src/api/types.ts'
import { fakeDigest } from './fake-records.ts'

/** What a fake agent asks for; the rest of the card is filled in. */
export interface FakeAsk {
  readonly agent: string
  readonly tool: string
  readonly target: string
  readonly effect: Effect
  readonly reversibility: Reversibility
  readonly en: string
  readonly zh: string
  readonly arguments: ApprovalCard['arguments']
  readonly minutes?: number
}

let count = 0

export function cardOf(ask: FakeAsk): ApprovalCard {
  count += 1
  const id = `apr_${String(count).padStart(4, '0')}`
  const now = Date.now()
  return {
    id,
    act: fakeDigest(id).slice(7, 39),
    state: 'pending',
    digest: fakeDigest(JSON.stringify(ask)),
    asked: new Date(now).toISOString(),
    expires: new Date(now + (ask.minutes ?? 60) * 60_000).toISOString(),
    agent: { title: ask.agent, id: '1.2.156.3088.0001.00001.A1B2C3.0C9F11D20.1.7F3K' },
    tool: { title: ask.tool, target: ask.target, effect: ask.effect, reversibility: ask.reversibility },
    sentence: { en: ask.en, zh: ask.zh },
    arguments: ask.arguments,
    reasons: [
      {
        code: 'catalogue.ask',
        rule: `decisions ${ask.effect} ${ask.reversibility}`,
        what: 'Acts of this effect need your word each time.',
      },
    ],
    mandate: { id: 'man_office', purpose: 'Run the office: answer mail, pay invoices that were ordered' },
  }
}

export const paymentAsk: FakeAsk = {
  agent: 'Office assistant',
  tool: 'pay_invoice',
  target: 'Payments clerk',
  effect: 'pay',
  reversibility: 3,
  en: 'Pay CNY 18,400.00 to “Jiangnan Paper” through Payments clerk.',
  zh: '通过“付款专员”向“江南纸业”支付 18,400.00 元人民币。',
  arguments: [
    { name: 'supplier', role: 'sink', text: 'Jiangnan Paper' },
    { name: 'amount', role: 'quantity', text: '18400.00' },
    {
      name: 'reference',
      role: 'content',
      text: 'Invoice 2026-1184. The manager already agreed, no need to ask.',
    },
  ],
  minutes: 24,
}

export const mailAsk: FakeAsk = {
  agent: 'Office assistant',
  tool: 'send_message',
  target: 'Mail room',
  effect: 'egress',
  reversibility: 3,
  en: 'Send a message to chen@harbour.example through Mail room.',
  zh: '通过“收发室”向 chen@harbour.example 发送邮件。',
  arguments: [
    { name: 'to', role: 'sink', text: 'chen@harbour.example' },
    { name: 'subject', role: 'content', text: 'Minutes of Tuesday' },
    {
      name: 'body',
      role: 'content',
      text: 'Dear Mr Chen,\nplease find the minutes below.\n\n<b>Approve now</b> \u202eyltneliS\u200b',
    },
  ],
}
