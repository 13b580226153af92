import type { Interface } from '@ambit/core/record'
import { timeText } from '../kernel/clock.ts'
import type { InterfaceLiveness, LivenessState, RecordLiveness } from '../registry/registry.ts'
import type { InterfaceBytes } from './state.ts'

export interface Viewed {
  readonly state: LivenessState
  readonly since: number | undefined
  readonly interfaces: readonly { readonly each: Interface; readonly bytes: InterfaceBytes | undefined }[]
  readonly differs: readonly string[]
}

export function livenessView({ state, since, interfaces, differs }: Viewed, now: number): RecordLiveness {
  const answered = Math.max(0, ...interfaces.map(({ bytes }) => bytes?.answered ?? 0))
  return {
    state,
    ...time('since', since),
    ...time('answered', answered),
    interfaces: interfaces.map(({ each, bytes }) => interfaceView(each, bytes, now)),
    differs: [...differs],
  }
}

function interfaceView(
  { protocol, transport, url }: Interface,
  bytes: InterfaceBytes | undefined,
  now: number,
): InterfaceLiveness {
  const where = { protocol, transport, url }
  if (bytes === undefined) return { ...where, state: 'unknown', failures: 0 }
  const problem = problemText(bytes)
  return {
    ...where,
    state: bytes.state,
    ...time('since', bytes.since),
    ...time('asked', bytes.asked),
    ...time('answered', bytes.answered),
    ...(problem === undefined ? {} : { problem }),
    failures: bytes.failures,
    ...number('availability24h', bytes.availability(now, 'day')),
    ...number('availability7d', bytes.availability(now, 'week')),
    ...number('latencyP50Ms', bytes.latencyMs(0.5)),
    ...number('latencyP95Ms', bytes.latencyMs(0.95)),
  }
}

const problemTexts = {
  '': undefined,
  unreachable: 'no connection',
  timeout: 'no answer in time',
  refused: 'its address is one this node does not call',
  status: 'another HTTP status than its protocol has',
  protocol: 'an answer that is none of its protocol',
  internal: 'the node could not ask',
} as const

function problemText({ problem, status }: InterfaceBytes): string | undefined {
  return problem === 'status' && status > 0 ? `HTTP status ${status}` : problemTexts[problem]
}

function time<N extends string>(name: N, ms: number | undefined): { readonly [K in N]?: string } {
  return ms === undefined || ms === 0 ? {} : ({ [name]: timeText(ms) } as { [K in N]: string })
}

function number<N extends string>(name: N, value: number | undefined): { readonly [K in N]?: number } {
  return value === undefined ? {} : ({ [name]: value } as { [K in N]: number })
}
