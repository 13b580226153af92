import { BoundedMap } from '../kernel/bounded-map.ts'

/** When a person is not to be disturbed. The hours are those of a clock on the wall in their zone. */
export interface QuietHours {
  /** IANA time zone, such as `Europe/Berlin`. */
  readonly zone: string
  /** Minutes after midnight. Where `to` is not later than `from`, they end on the next day. */
  readonly from: number
  readonly to: number
  /** Days on which they begin: 1 Monday … 7 Sunday (ISO 8601). */
  readonly days: readonly number[]
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** No zone was ever further from UTC. */
const offsetMsMax = 16 * hourMs
/** As long as a zone's name gets, and what names of zones are made of; an offset such as `+02:00` is no zone. */
const zoneForm = /^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/
/** Every zone there is, each about 10 KiB. */
const formatters = new BoundedMap<string, Intl.DateTimeFormat>(600)

/** When the quiet hours end that a time lies in, in ms; undefined: it lies in none. */
export function quietUntil(quiet: QuietHours, now: number): number | undefined {
  const today = Math.floor(wallMs(quiet.zone, now) / dayMs)
  // Hours that began yesterday may go on until today.
  for (const day of [today - 1, today]) {
    if (!quiet.days.includes(weekday(day))) continue
    const start = day * dayMs + quiet.from * minuteMs
    const end = (quiet.to > quiet.from ? day : day + 1) * dayMs + quiet.to * minuteMs
    const until = instantOf(quiet.zone, end)
    if (instantOf(quiet.zone, start) <= now && now < until) return until
  }
  return undefined
}

export function isZone(name: string): boolean {
  if (!zoneForm.test(name)) return false
  try {
    formatter(name)
    return true
  } catch {
    // That is how Intl says that there is no such zone.
    return false
  }
}

/** 1970-01-01 was a Thursday. */
function weekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1
}

/** What the clock on the wall shows, as if it were in UTC. */
function wallMs(zone: string, at: number): number {
  const parts = new Map<string, number>(
    formatter(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (type: string): number => parts.get(type) ?? 0
  const seconds = (part('hour') * 60 + part('minute')) * 60 + part('second')
  return Date.UTC(part('year'), part('month') - 1, part('day')) + seconds * 1000
}

/**
 * When the clock on the wall first shows a time. Where clocks go forward over it, as long after the change as it was to
 * be after the old time, as RFC 5545 section 3.3.5 has it.
 */
function instantOf(zone: string, wall: number): number {
  // The offsets before and after any change nearby.
  const [before, after] = [wall - offsetMsMax, wall + offsetMsMax].map((near) => wallMs(zone, near) - near)
  const first = wall - before!
  if (wallMs(zone, first) === wall) return first
  const second = wall - after!
  return wallMs(zone, second) === wall ? second : first
}

function formatter(zone: string): Intl.DateTimeFormat {
  let made = formatters.get(zone)
  if (made === undefined) {
    made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(zone, made)
  }
  return made
}
