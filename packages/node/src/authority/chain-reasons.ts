/** Why a caller may not hand on what it wishes to hand on, by the codes of core's `ChainProblem` and some of this room. */
export const chainReasonTexts = {
  'mandate.widened': {
    en: {
      what: 'More is handed on than the mandate of the caller allows.',
      howToAsk: 'Hand on less, or ask the person for a wider mandate.',
    },
    zh: {
      what: '转授的权限超出了调用方自己的授权。',
      howToAsk: '请缩小转授范围，或向授权人申请更大的授权。',
    },
  },
  'chain.callee': {
    en: {
      what: 'A mandate can be handed only to a registered agent that holds the key named.',
      howToAsk: 'Call without handing on, or register the agent.',
    },
    zh: { what: '授权只能转授给持有该密钥的已登记智能体。', howToAsk: '请不带转授调用，或先登记该智能体。' },
  },
  'chain.depth': {
    en: {
      what: 'The mandate may not be handed on so often.',
      howToAsk: 'Ask the person for a mandate that may be handed on more often.',
    },
    zh: { what: '授权的转授层数已达上限。', howToAsk: '请向授权人申请允许更多层转授的授权。' },
  },
  'chain.delegate': {
    en: {
      what: 'The mandate may not be handed to this agent.',
      howToAsk: 'Ask the person for a mandate that names it.',
    },
    zh: { what: '该授权不允许转授给此智能体。', howToAsk: '请向授权人申请指明该智能体的授权。' },
  },
  'chain.holder': {
    en: {
      what: 'The caller keeps its own key, so only it can sign what is handed on.',
      howToAsk: 'Sign the link and send the whole chain.',
    },
    zh: { what: '调用方自持密钥，转授须由其自行签名。', howToAsk: '请自行签名并发送完整授权链。' },
  },
  'chain.parent': {
    en: {
      what: 'The chain handed on does not go on from the mandate of the call, link by link.',
      howToAsk: 'Send the links in order, root first, with the mandate of the call among them.',
    },
    zh: {
      what: '转授的授权链没有从本次调用的授权逐级延续。',
      howToAsk: '请按从根到叶的顺序发送，并包含本次调用的授权。',
    },
  },
  'chain.length': {
    en: { what: 'The chain handed on has no links, or too many.' },
    zh: { what: '转授的授权链为空或过长。' },
  },
  'chain.form': {
    en: { what: 'A link of the chain handed on is no signed mandate.' },
    zh: { what: '转授的授权链中有一环不是签名的授权。' },
  },
  'chain.signature': {
    en: { what: 'A signature in the chain handed on does not hold.' },
    zh: { what: '转授的授权链中有签名无效。' },
  },
  'chain.issuer': {
    en: { what: 'A link of the chain was not issued by the holder of the link above it.' },
    zh: { what: '授权链中有一环不是由上一环的持有者签发。' },
  },
  'chain.truncated': {
    en: { what: 'The chain handed on lacks its beginning.' },
    zh: { what: '转授的授权链缺少开头。' },
  },
  'chain.cycle': {
    en: { what: 'Two links of the chain handed on have one id.' },
    zh: { what: '转授的授权链中有两环编号相同。' },
  },
  'chain.subject': {
    en: { what: 'The links of the chain handed on speak for different people.' },
    zh: { what: '转授的授权链代表了不同的人。' },
  },
  'chain.window': {
    en: { what: 'A link of the chain handed on is outside the time of the link above it.' },
    zh: { what: '转授的授权链中有一环超出上一环的有效期。' },
  },
  'chain.task': {
    en: { what: 'The chain handed on changes the words of the person.' },
    zh: { what: '转授的授权链改动了本人的原话。' },
  },
  'chain.widened': {
    en: {
      what: 'A link of the chain handed on allows more than the link above it.',
      howToAsk: 'Hand on less, or ask the person for a wider mandate.',
    },
    zh: {
      what: '转授的授权链中有一环超出上一环的权限。',
      howToAsk: '请缩小转授范围，或向授权人申请更大的授权。',
    },
  },
  'chain.taken': {
    en: { what: 'Another mandate has the id of a link.', howToAsk: 'Sign the link again under a fresh id.' },
    zh: { what: '授权链中有一环的编号已被占用。', howToAsk: '请用新编号重新签名。' },
  },
} as const
