/** A half-year in UTC, `2026h2`: keys of contents turn with it, and retention and erasure can act on one alone. */
export type Period = string

export function periodOf(ms: number): Period {
  const at = new Date(ms)
  return `${at.getUTCFullYear()}h${at.getUTCMonth() < 6 ? 1 : 2}`
}

/** The first millisecond after a period. */
export function periodEnd(period: Period): number {
  const year = Number(period.slice(0, 4))
  return period.endsWith('h1') ? Date.UTC(year, 6) : Date.UTC(year + 1, 0)
}

export function periodBefore(period: Period): Period {
  const year = Number(period.slice(0, 4))
  return period.endsWith('h2') ? `${year}h1` : `${year - 1}h2`
}

export const periodPattern = /^\d{4}h[12]$/
