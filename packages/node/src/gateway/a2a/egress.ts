import { Fault } from '@ambit/core/fault'
import type { Clock } from '../../kernel/clock.ts'
import { Roll } from '../../kernel/roll.ts'
import type { Upstream } from '../../net/upstream.ts'
import type { Egress, EgressSink, Outbound, Performance } from '../egress.ts'
import { Performing } from './performing.ts'
import { faultOutcome } from './upstream-answer.ts'
import { planRequest } from './upstream-request.ts'

export interface A2aTimeouts {
  /** Until the head of an answer: an agent asked without a stream works all that time. */
  readonly answerMs: number
  /** Between two pieces of a stream: an agent may think for long between events. */
  readonly streamIdleMs: number
}

const defaultTimeouts: A2aTimeouts = { answerMs: 300_000, streamIdleMs: 600_000 }

export interface A2aEgressOptions {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly timeouts?: A2aTimeouts
}

/** Sends acts to agents in A2A 1.0, over JSON-RPC or HTTP+JSON. */
export function createA2aEgress(options: A2aEgressOptions): Egress {
  const { upstream, clock, timeouts = defaultTimeouts } = options
  const under = new Roll<Performing>()
  return {
    protocol: 'a2a',
    perform(outbound, sink) {
      try {
        const plan = planRequest(outbound)
        const performing = new Performing({ upstream, clock, timeouts, plan, outbound }, sink, (ended) =>
          under.remove(ended),
        )
        under.add(performing)
        performing.begin()
        return performing
      } catch (error) {
        return failed(outbound, sink, error)
      }
    },
    async close() {
      for (const performing of under) performing.cancel('the node is stopping')
      await Promise.resolve()
    },
  }
}

function failed(outbound: Outbound, sink: EgressSink, error: unknown): Performance {
  const fault = error instanceof TypeError ? noAddress(outbound, error) : Fault.from(error)
  sink.outcome(faultOutcome(fault))
  return { cancel: () => undefined, resume: () => undefined }
}

/** `new URL` throws a TypeError: a record can hold an address that is none. */
function noAddress(outbound: Outbound, cause: TypeError): Fault {
  return new Fault('upstream.unreachable', {
    detail: 'its address is not a URL',
    where: outbound.target.slug,
    cause,
  })
}
