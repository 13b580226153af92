import type { Reason } from '@ambit/core/decision'
import { chainReasonTexts } from './chain-reasons.ts'

interface ReasonText {
  readonly what: string
  readonly howToAsk?: string
}

/** Every reason this room gives, in the languages of the console. The words name nothing an agent wrote. */
export const reasonTexts = {
  'mandate.entry': {
    en: { what: 'The mandate allows this.' },
    zh: { what: '授权允许此操作。' },
  },
  'mandate.no-entry': {
    en: {
      what: 'The mandate does not allow this.',
      howToAsk: 'Ask the person for a mandate that names this capability and these arguments.',
    },
    zh: { what: '授权未包含此操作。', howToAsk: '请向授权人申请包含该能力和参数的授权。' },
  },
  'mandate.expired': {
    en: { what: 'The mandate is over.', howToAsk: 'Ask the person for a new mandate.' },
    zh: { what: '授权已到期。', howToAsk: '请向授权人申请新的授权。' },
  },
  'mandate.not-yet': {
    en: { what: 'The mandate has not begun.', howToAsk: 'Try again when it begins.' },
    zh: { what: '授权尚未生效。', howToAsk: '请在授权生效后重试。' },
  },
  'mandate.revoked': {
    en: {
      what: 'The mandate, or one above it, was revoked.',
      howToAsk: 'Ask the person for a new mandate.',
    },
    zh: { what: '授权或其上级授权已被撤销。', howToAsk: '请向授权人申请新的授权。' },
  },
  'record.definition-changed': {
    en: {
      what: 'The capability is no longer what was accepted, so it is held.',
      howToAsk: 'Ask an operator to look at the change and accept it.',
    },
    zh: { what: '该能力的定义与已接受的不同，已暂停调用。', howToAsk: '请运维人员查看变更并接受。' },
  },
  'record.recalled': {
    en: { what: 'This version was recalled.', howToAsk: 'Ask an operator which version to use instead.' },
    zh: { what: '该版本已被召回。', howToAsk: '请向运维人员询问可用的版本。' },
  },
  'record.suspended': {
    en: { what: 'The agent or server is suspended.', howToAsk: 'Ask an operator why, and until when.' },
    zh: { what: '该智能体或服务已暂停。', howToAsk: '请向运维人员询问原因和期限。' },
  },
  'record.not-active': {
    en: {
      what: 'The agent or server is not in use.',
      howToAsk: 'Ask an operator to activate it.',
    },
    zh: { what: '该智能体或服务未启用。', howToAsk: '请运维人员启用。' },
  },
  'user.only': {
    en: {
      what: 'Only the person may do this; an agent may prepare it.',
      howToAsk: 'Ask the person to do it.',
    },
    zh: { what: '此操作只能由本人完成，智能体可以准备。', howToAsk: '请本人完成此操作。' },
  },
  'user.stopped': {
    en: {
      what: 'A person has stopped this.',
      howToAsk: 'Whoever stopped it, or an owner, can lift the stop in the console.',
    },
    zh: { what: '已有人停止此操作。', howToAsk: '停止者本人或所有者可在控制台解除停止。' },
  },
  'organization.closed': {
    en: {
      what: 'The organisation is closed on this node.',
      howToAsk: 'Ask an owner of the organisation that runs the node to open it again.',
    },
    zh: { what: '该组织在本节点上已关闭。', howToAsk: '请运行本节点的组织的所有者重新开放。' },
  },
  'person.no-role': {
    en: {
      what: 'The person has no role in the organisation any more.',
      howToAsk: 'Ask an owner of the organisation.',
    },
    zh: { what: '授权人在组织中已无任何角色。', howToAsk: '请联系该组织的所有者。' },
  },
  'rule.ask': {
    en: {
      what: 'A rule says that the person is asked before this is done.',
      howToAsk: 'Wait for the person to approve it.',
    },
    zh: { what: '有规则要求执行前征得本人同意。', howToAsk: '请等待本人批准。' },
  },
  'rule.refused': {
    en: {
      what: 'A rule forbids this.',
      howToAsk: 'Ask whoever made the rule to remove it in the console.',
    },
    zh: { what: '有规则禁止此操作。', howToAsk: '请规则制定者在控制台移除该规则。' },
  },
  'user.ask': {
    en: { what: 'The person is asked before this is done.', howToAsk: 'Wait for the person to approve it.' },
    zh: { what: '执行前须征得本人同意。', howToAsk: '请等待本人批准。' },
  },
  'check.window': {
    en: {
      what: 'The person could veto this for a while, which a data plane cannot wait for; so they are asked first.',
      howToAsk: 'Wait for the person to approve it, then send the same request again.',
    },
    zh: {
      what: '本人有一段时间可以否决此操作，而数据平面无法等待，因此须先征得同意。',
      howToAsk: '请等待本人批准后重新发送同一请求。',
    },
  },
  'budget.calls': {
    en: {
      what: 'The acts that the mandate allows are used up.',
      howToAsk: 'Ask the person for a new mandate.',
    },
    zh: { what: '授权允许的次数已用完。', howToAsk: '请向授权人申请新的授权。' },
  },
  'budget.bytes': {
    en: {
      what: 'The bytes that the mandate allows to be sent are used up.',
      howToAsk: 'Ask the person for a new mandate, or send less.',
    },
    zh: { what: '授权允许发送的字节数已用完。', howToAsk: '请向授权人申请新的授权，或减少发送的内容。' },
  },
  'budget.money': {
    en: {
      what: 'The mandate does not allow so much money in this currency.',
      howToAsk: 'Ask the person for a mandate that allows this amount.',
    },
    zh: { what: '授权不允许以该币种支付这么多金额。', howToAsk: '请向授权人申请允许该金额的授权。' },
  },
  'budget.money-unknown': {
    en: {
      what: 'The mandate limits money, and nobody can tell how much this moves.',
      howToAsk:
        'Give the amount as a number and the currency as a code such as EUR; or ask an operator to accept a profile of the capability that says where its amount stands.',
    },
    zh: {
      what: '授权限制了金额，但无法得知此操作涉及多少金额。',
      howToAsk: '请以数字给出金额、以 EUR 等代码给出币种；或请运维人员接受标明金额位置的能力画像。',
    },
  },
  'budget.busy': {
    en: {
      what: 'What is left of the mandate is with another replica of this node at the moment.',
      howToAsk: 'Try again in a moment.',
    },
    zh: { what: '授权的剩余额度暂时在本节点的其他副本上。', howToAsk: '请稍后重试。' },
  },
  'budget.rate': {
    en: {
      what: 'The mandate allows no more acts in this period.',
      howToAsk: 'Try again when the period is over.',
    },
    zh: { what: '本周期内授权允许的次数已用完。', howToAsk: '请在本周期结束后重试。' },
  },
  ...chainReasonTexts,
} as const satisfies Readonly<Record<string, { readonly en: ReasonText; readonly zh: ReasonText }>>

export type ReasonCode = keyof typeof reasonTexts

/** A reason in English, as protocols carry it. `rule`: a mandate's id, a ruling's, or a cell of the catalogue. */
export function reason(code: ReasonCode, rule: string, evidence?: string): Reason {
  const text: ReasonText = reasonTexts[code].en
  return {
    code,
    rule,
    what: text.what,
    ...(evidence === undefined ? {} : { evidence }),
    ...(text.howToAsk === undefined ? {} : { howToAsk: text.howToAsk }),
  }
}

/** What a reason says in Chinese; undefined for codes of other rooms. */
export function reasonInChinese(code: string): ReasonText | undefined {
  return Object.hasOwn(reasonTexts, code) ? reasonTexts[code as ReasonCode].zh : undefined
}
