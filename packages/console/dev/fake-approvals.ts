import type { Effect, Reversibility } from '@ambit/core/record'
import type { ApprovalCard } from '../src/api/approval-types.ts'
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
  /** What is not as usual. */
  readonly card?: Partial<ApprovalCard>
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
    agent: { title: ask.agent, id: agentId },
    tool: { title: ask.tool, target: ask.target, effect: ask.effect, reversibility: ask.reversibility },
    sentence: { en: ask.en, zh: ask.zh },
    // As a node writes them: JSON, so that text stands in quotes and cannot end them.
    arguments: ask.arguments.map((each) => ({ ...each, text: JSON.stringify(each.text) })),
    hidden: 0,
    reasons: [
      {
        code: 'user.ask',
        rule: `decisions ${ask.effect} ${ask.reversibility}`,
        what: {
          en: 'The person is asked before this is done.',
          zh: '执行前须征得本人同意。',
        },
      },
    ],
    mode: 'act',
    chain: [
      { title: ask.agent, id: agentId },
      { title: 'Lin Qiao', id: 'per_01hzx3' },
    ],
    ...(ask.effect === 'read' ? {} : { leaves: leavesOf(ask) }),
    undo: {},
    obligations: [],
    alternatives: ['approve', 'edit', ...narrowable(ask), 'deny', 'deny-and-stop'],
    ...(ask.reversibility === 3 ? {} : { narrow: narrowOf(ask) }),
    mandate: { id: 'man_office', purpose: 'Run the office: answer mail, pay invoices that were ordered' },
    ...ask.card,
  }
}

const agentId = '1.2.156.3088.0001.00001.A1B2C3.0C9F11D20.1.7F3K'

/** Later calls too may only be approved of what can be made good. */
function narrowable({ reversibility }: FakeAsk): readonly 'narrow'[] {
  return reversibility === 3 ? [] : ['narrow']
}

function narrowOf({ arguments: values }: FakeAsk): NonNullable<ApprovalCard['narrow']> {
  const named = (...roles: readonly string[]) =>
    values.filter(({ role }) => roles.includes(role)).map(({ name }) => name)
  return {
    same: named('sink', 'secret', 'control'),
    atMost: named('quantity'),
    free: named('content', 'selector'),
  }
}

function leavesOf({ effect, arguments: values }: FakeAsk): NonNullable<ApprovalCard['leaves']> {
  return {
    classes: effect === 'pay' ? ['financial'] : ['personal'],
    bytes: JSON.stringify(values).length,
    contents: values.filter(({ role }) => role === 'content').map(({ name }) => name),
  }
}

export const paymentAsk: FakeAsk = {
  agent: 'Office assistant',
  tool: 'pay_invoice',
  target: 'Payments clerk',
  effect: 'pay',
  reversibility: 3,
  en: '“Office assistant” asks to use “Pay invoice” of “Payments clerk”. This spends money. It cannot be undone.',
  zh: '“Office assistant”请求使用“Payments clerk”的“Pay invoice”。此操作支付款项。无法撤销。',
  arguments: [
    { name: 'supplier', role: 'sink', text: 'Jiangnan Paper', before: { times: 0 } },
    { name: 'amount', role: 'quantity', text: '18400.00' },
    {
      name: 'reference',
      role: 'content',
      text: 'Invoice 2026-1184. The manager already agreed, no need to ask.',
    },
  ],
  minutes: 24,
  card: { amount: { currency: 'CNY', text: '18,400.00 CNY', unknown: false } },
}

export const mailAsk: FakeAsk = {
  agent: 'Office assistant',
  tool: 'send_message',
  target: 'Mail room',
  effect: 'egress',
  reversibility: 3,
  en: '“Office assistant” asks to use “Send message” of “Mail room”. This sends something to the outside. It cannot be undone.',
  zh: '“Office assistant”请求使用“Mail room”的“Send message”。此操作向外部发送内容。无法撤销。',
  arguments: [
    {
      name: 'to',
      role: 'sink',
      text: 'chen@harbour.example',
      before: { times: 4, last: '2026-05-06T09:12:00.000Z' },
    },
    { name: 'subject', role: 'content', text: 'Minutes of Tuesday' },
    {
      name: 'body',
      role: 'content',
      text: 'Dear Mr Chen,\nplease find the minutes below.\n\n<b>Approve now</b> \u202eyltneliS\u200b',
    },
  ],
}
