import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

test('writes counters and gauges as Prometheus reads them', () => {
  const metrics = createMetrics()
  const acts = metrics.counter('ambit_acts_total', 'Acts by decision.', ['decision'])
  acts.series('allow').value += 2
  acts.series('re"fu\\se\n').value += 1
  metrics.counter('ambit_starts_total', 'Starts.')
  metrics.gauge('ambit_in_flight', 'Acts on their way.', () => 7)
  metrics.gauge('ambit_pending', 'Approvals that wait.').value = 3
  expect(metrics.text()).toBe(
    [
      '# HELP ambit_acts_total Acts by decision.',
      '# TYPE ambit_acts_total counter',
      'ambit_acts_total{decision="allow"} 2',
      'ambit_acts_total{decision="re\\"fu\\\\se\\n"} 1',
      '# HELP ambit_starts_total Starts.',
      '# TYPE ambit_starts_total counter',
      'ambit_starts_total 0',
      '# HELP ambit_in_flight Acts on their way.',
      '# TYPE ambit_in_flight gauge',
      'ambit_in_flight 7',
      '# HELP ambit_pending Approvals that wait.',
      '# TYPE ambit_pending gauge',
      'ambit_pending 3',
      '',
    ].join('\n'),
  )
})

test('counts label values beyond the limit as other', () => {
  const metrics = createMetrics()
  const counter = metrics.counter('a_total', 'A.', ['path'])
  for (let count = 0; count < 1000; count++) counter.series(`/${count}`).value += 1
  const lines = metrics.text().split('\n')
  expect(lines.filter((line) => line.startsWith('a_total')).length).toBe(201)
  expect(lines).toContain('a_total{path="other"} 800')
})

test('refuses two metrics of one name and counters that do not say so', () => {
  const metrics = createMetrics()
  metrics.counter('a_total', 'A.')
  expect(() => metrics.counter('a_total', 'A.')).toThrow('two metrics')
  expect(() => metrics.counter('b', 'B.')).toThrow('no name')
  expect(() => metrics.gauge('c_total', 'C.')).toThrow('no name')
})
