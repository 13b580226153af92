import type { Dictionary } from './en.ts'

/** 是否响应的文字。 */
export const zhLiveness: Pick<Dictionary, 'liveness'> = {
  liveness: {
    states: {
      unknown: '尚未探测',
      alive: '正常响应',
      failing: '时有失败',
      dead: '无响应',
      differs: '提供的内容不符',
    },
    answered: '最近响应',
    never: '从未',
    problem: '最近的问题',
  },
}
