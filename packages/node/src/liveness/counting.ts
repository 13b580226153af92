import type { Metrics } from '../kernel/metrics.ts'
import type { Slots } from './slots.ts'
import type { Troubles } from './troubles.ts'

/** Counts heartbeats and what they showed. */
export function countHearts(metrics: Metrics, slots: Slots, troubles: Troubles) {
  const asked = metrics.counter('ambit_heartbeats_total', 'Heartbeats by whether they were answered.', [
    'answered',
  ])
  const [yes, no] = [asked.series('yes'), asked.series('no')]
  const described = metrics
    .counter(
      'ambit_descriptions_total',
      'Records that were read whole to see whether they still serve what was accepted.',
    )
    .series()
  metrics.gauge(
    'ambit_interfaces_watched',
    'Interfaces that this process asks for signs of life.',
    () => slots.size,
  )
  for (const state of ['dead', 'differs'] as const)
    metrics.gauge(`ambit_records_${state}`, meanings[state], () => {
      return [...troubles.all()].filter(([, trouble]) => trouble.state === state).length
    })
  return {
    asked: (answered: boolean) => void ((answered ? yes : no).value += 1),
    described: () => void (described.value += 1),
  }
}

const meanings = {
  dead: 'Records none of whose interfaces answers.',
  differs: 'Records that serve something else than was accepted.',
} as const
