import type { Dictionary } from './en.ts'

/** 存活情况与身份证明的文字。 */
export const zhLiveness: Pick<Dictionary, 'liveness' | 'proofs'> = {
  liveness: {
    title: '存活情况',
    states: {
      unknown: '尚未探测',
      alive: '正常响应',
      failing: '时有失败',
      dead: '无响应',
      differs: '提供的内容不符',
    },
    since: '自',
    answered: '最近响应',
    never: '从未',
    available: (day, week) => `24 小时内响应率 ${day}，7 天内 ${week}`,
    latency: (p50, p95) => `一半在 ${p50} 毫秒内，95% 在 ${p95} 毫秒内`,
    problem: '最近的问题',
    differs: '与已接受的内容不符，已暂停使用',
  },
  proofs: {
    domains: '已验证的域名',
    keys: '密钥',
    certificates: '证书',
    until: '有效期至',
    keyStates: { active: '有效', retired: '已停用', compromised: '已泄露' },
  },
}
