import { Fault } from '@ambit/core/fault'
import type { Clock } from '../../kernel/clock.ts'
import { Roll } from '../../kernel/roll.ts'
import type { AddressGuard } from '../../net/address.ts'
import type { Upstream } from '../../net/upstream.ts'
import type { Egress, EgressSink, Outbound, Performance } from '../egress.ts'
import { createChannels } from './grpc/channels.ts'
import { GrpcPerforming } from './grpc/performing.ts'
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
  /** Of the connections over gRPC, which `upstream` does not make. */
  readonly guard: AddressGuard
  readonly clock: Clock
  readonly timeouts?: A2aTimeouts
}

/** Sends acts to agents in A2A 1.0, over JSON-RPC, HTTP+JSON or gRPC, and in 0.3 over the first two. */
export function createA2aEgress(options: A2aEgressOptions): Egress {
  const { upstream, clock, timeouts = defaultTimeouts } = options
  const channels = createChannels(options.guard, clock)
  const under = new Roll<Performing | GrpcPerforming>()
  const ended = (performing: Performing | GrpcPerforming): void => under.remove(performing)
  return {
    protocol: 'a2a',
    perform(outbound, sink) {
      try {
        const plan = planRequest(outbound)
        const performing =
          plan.binding === 'GRPC'
            ? new GrpcPerforming({ channels, clock, timeouts, plan, outbound }, sink, ended)
            : new Performing({ upstream, clock, timeouts, plan, outbound }, sink, ended)
        under.add(performing)
        performing.begin()
        return performing
      } catch (error) {
        return failed(outbound, sink, error)
      }
    },
    async close() {
      for (const performing of under) performing.cancel('the node is stopping')
      channels.close()
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
