/** Beyond this many lines a difference is shown as all of the one and all of the other: the table grows with the square. */
const linesMax = 600

export interface DifferenceLine {
  readonly side: 'same' | 'before' | 'after'
  readonly text: string
}

/** Line difference of two texts by their longest common subsequence. */
export function textDifference(before: string, after: string): DifferenceLine[] {
  const left = before === '' ? [] : before.split('\n')
  const right = after === '' ? [] : after.split('\n')
  if (left.length > linesMax || right.length > linesMax)
    return [...lines('before', left), ...lines('after', right)]
  const lengths = commonLengths(left, right)
  const difference: DifferenceLine[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) {
      difference.push({ side: 'same', text: left[i] ?? '' })
      i += 1
      j += 1
    } else if ((lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0)) {
      difference.push({ side: 'before', text: left[i] ?? '' })
      i += 1
    } else {
      difference.push({ side: 'after', text: right[j] ?? '' })
      j += 1
    }
  }
  return [...difference, ...lines('before', left.slice(i)), ...lines('after', right.slice(j))]
}

export interface DifferenceGap {
  readonly side: 'gap'
  readonly lines: number
}

/** Unchanged lines kept on either side of a change. */
const contextLines = 3

/** The same with long unchanged stretches folded. */
export function foldedDifference(difference: readonly DifferenceLine[]): (DifferenceLine | DifferenceGap)[] {
  const near = difference.map((_, at) =>
    difference
      .slice(Math.max(0, at - contextLines), at + contextLines + 1)
      .some((line) => line.side !== 'same'),
  )
  const folded: (DifferenceLine | DifferenceGap)[] = []
  for (const [at, line] of difference.entries()) {
    const last = folded.at(-1)
    if (near[at] === true) folded.push(line)
    else if (last?.side === 'gap') folded[folded.length - 1] = { side: 'gap', lines: last.lines + 1 }
    else folded.push({ side: 'gap', lines: 1 })
  }
  return folded
}

/** A definition as text with its members in order, so that only real changes differ. */
export function definitionText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  return JSON.stringify(ordered(value), undefined, 2)
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]))
}

function lines(side: DifferenceLine['side'], texts: readonly string[]): DifferenceLine[] {
  return texts.map((text) => ({ side, text }))
}

function commonLengths(left: readonly string[], right: readonly string[]): Uint16Array[] {
  const table = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1))
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const here =
        left[i] === right[j]
          ? (table[i + 1]?.[j + 1] ?? 0) + 1
          : Math.max(table[i + 1]?.[j] ?? 0, table[i]?.[j + 1] ?? 0)
      table[i]?.fill(here, j, j + 1)
    }
  }
  return table
}
