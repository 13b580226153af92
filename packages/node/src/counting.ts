import type { Foundation } from './foundation.ts'
import { Traffic } from './gateway/traffic.ts'
import type { Metrics, Series } from './kernel/metrics.ts'
import { observing } from './ops/status.ts'

/** The traffic of the path, with what is counted of it. */
export function openTraffic({ config, clock, metrics }: Foundation): Traffic {
  const openings = metrics
    .counter('ambit_upstream_openings_total', 'How often an upstream began to be given a rest.')
    .series()
  const traffic = new Traffic(clock, config.traffic, () => void (openings.value += 1))
  metrics.gauge(
    'ambit_upstreams_open',
    'Upstreams to which nothing is sent for now, because they failed again and again.',
    () => traffic.troubled().length,
  )
  return traffic
}

/** Counts acts; the series of a pair is looked up once, because this runs for every act. */
export function countActs(metrics: Metrics): (decision: string, status: string) => void {
  const acts = metrics.counter('ambit_acts_total', 'Acts by decision and what came of them.', [
    'decision',
    'status',
  ])
  const known = new Map<string, Map<string, Series>>()
  return (decision, status) => {
    let ofDecision = known.get(decision)
    if (ofDecision === undefined) known.set(decision, (ofDecision = new Map()))
    let series = ofDecision.get(status)
    if (series === undefined) ofDecision.set(status, (series = acts.series(decision, status)))
    series.value += 1
  }
}

/** On a node that only observes: says so, and counts what would have been decided. */
export function countObserved({ config, metrics, log }: Foundation): (decision: string) => void {
  metrics.gauge('ambit_observing', 'Whether the node only observes: nothing is enforced.', () =>
    config.observe ? 1 : 0,
  )
  if (config.observe) log.warn('node.observing', { meaning: observing })
  const acts = metrics.counter(
    'ambit_acts_observed_total',
    'Acts performed because the node only observes, by what would have been decided.',
    ['decision'],
  )
  return (decision) => void (acts.series(decision).value += 1)
}
