import type { BackAnswer, BackQuestion } from '@ambit/node/gateway/back'
import type { EgressSink } from '@ambit/node/gateway/egress'
import type { Gateway, IngressSink } from '@ambit/node/gateway/gateway'

const cannot: BackAnswer = {
  status: 'failed',
  error: { code: 'caller.cannot-answer', detail: 'the caller does not take such questions' },
}
const act = 'b'.repeat(32)

/** Puts a target's question to a caller's sink without judging or recording it: for tests of one adapter alone. */
export function askStraight(sink?: Pick<IngressSink, 'asks'>): EgressSink['ask'] {
  return (question: BackQuestion, answered: (answer: BackAnswer) => void) => {
    const withdraw = sink?.asks?.(question, act, answered)
    if (withdraw === undefined) answered(cannot)
    return withdraw ?? (() => undefined)
  }
}

/** The part of a gateway that takes acts in the other direction: lets every one pass, and has nothing to take back. */
export const openBack: Pick<Gateway, 'back' | 'judgeBack' | 'answeredBack' | 'withdraw'> = {
  back(_intake, sink) {
    const over = (answer: BackAnswer) => sink.over(answer, { class: 'allow', reasons: [], obligations: [] })
    const withdraw = sink.deliver(act, over)
    if (withdraw === undefined) over(cannot)
    return { id: act, stop: () => withdraw?.() }
  },
  judgeBack: async () => await Promise.resolve(undefined),
  answeredBack: async () => await Promise.resolve(),
  withdraw: async () => await Promise.resolve(undefined),
}
