/** Different label values one metric may have: beyond, everything counts under `other`, so that no caller can fill the memory. */
const seriesMax = 200
const nameForm = /^[a-z][a-z0-9_]*$/

/** One number of a metric; kept by whoever counts, so that counting costs one addition. */
export interface Series {
  value: number
}

export interface Metric {
  /** The number for these label values, in the order of the label names. */
  series(...labels: readonly string[]): Series
}

/** Counts and levels of the node, in few series, written in the Prometheus text format 0.0.4. */
export interface Metrics {
  /** Only grows; its name ends in `_total`. */
  counter(name: string, help: string, labels?: readonly string[]): Metric
  /** A level; `read`, where given, says it when asked. */
  gauge(name: string, help: string, read?: () => number): Series
  text(): string
}

interface Family {
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
  readonly series: Map<string, Series>
}

export function createMetrics(): Metrics {
  const families = new Map<string, Family>()
  function family(name: string, type: Family['type'], help: string, labels: readonly string[]): Family {
    if (!nameForm.test(name) || (type === 'counter') !== name.endsWith('_total'))
      throw new Error(`${name} is no name of a ${type}`)
    if (families.has(name)) throw new Error(`two metrics are called ${name}`)
    const made: Family = { type, help, labels, series: new Map() }
    families.set(name, made)
    return made
  }
  return {
    counter(name, help, labels = []) {
      const own = family(name, 'counter', help, labels)
      // A counter that nothing has touched yet is 0, not absent, so that its rate is known from the first count on.
      if (labels.length === 0) seriesOf(own, [])
      return { series: (...values) => seriesOf(own, values) }
    },
    gauge(name, help, read) {
      const own = family(name, 'gauge', help, [])
      const series = read === undefined ? { value: 0 } : readingSeries(read)
      own.series.set('', series)
      return series
    },
    text() {
      let text = ''
      for (const [name, { type, help, series }] of families) {
        text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
        for (const [labels, { value }] of series) text += `${name}${labels} ${value}\n`
      }
      return text
    },
  }
}

function readingSeries(read: () => number): Series {
  return {
    get value() {
      return read()
    },
  }
}

function seriesOf(family: Family, values: readonly string[]): Series {
  if (values.length !== family.labels.length) throw new Error('a metric has other labels')
  const key = labelText(family.labels, values)
  const found = family.series.get(key)
  if (found !== undefined) return found
  if (family.series.size >= seriesMax && values.some((value) => value !== 'other'))
    return seriesOf(
      family,
      values.map(() => 'other'),
    )
  const series = { value: 0 }
  family.series.set(key, series)
  return series
}

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return ''
  return `{${names.map((name, at) => `${name}="${escaped(values[at]!)}"`).join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
