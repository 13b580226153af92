import { expect, test } from 'vitest'
import { isZone, quietUntil } from './quiet.ts'
import type { QuietHours } from './quiet.ts'

const everyDay = [1, 2, 3, 4, 5, 6, 7]
const night: QuietHours = { zone: 'Europe/Berlin', from: 22 * 60, to: 7 * 60, days: everyDay }

function until(quiet: QuietHours, at: string): string | undefined {
  const end = quietUntil(quiet, Date.parse(at))
  return end === undefined ? undefined : new Date(end).toISOString()
}

test('a night lasts from its evening to its morning in the zone of the person', () => {
  expect(until(night, '2026-01-14T20:59:59Z')).toBeUndefined()
  expect(until(night, '2026-01-14T21:00:00Z')).toBe('2026-01-15T06:00:00.000Z')
  expect(until(night, '2026-01-15T05:59:59Z')).toBe('2026-01-15T06:00:00.000Z')
  expect(until(night, '2026-01-15T06:00:00Z')).toBeUndefined()
  // In summer the same clock on the wall is an hour earlier.
  expect(until(night, '2026-07-14T20:00:00Z')).toBe('2026-07-15T05:00:00.000Z')
})

test('a night in which clocks change ends when the clock on the wall says so', () => {
  // Forward on 29 March 2026: that night has one hour less.
  expect(until(night, '2026-03-28T21:00:00Z')).toBe('2026-03-29T05:00:00.000Z')
  // Back on 25 October 2026: one hour more.
  expect(until(night, '2026-10-24T20:00:00Z')).toBe('2026-10-25T06:00:00.000Z')
  // An end that no clock shows: 02:30 was skipped, and comes as long after the change.
  const gap: QuietHours = { ...night, from: 60, to: 150 }
  expect(until(gap, '2026-03-29T00:30:00Z')).toBe('2026-03-29T01:30:00.000Z')
  // An end that clocks show twice: the first.
  expect(until(gap, '2026-10-24T23:30:00Z')).toBe('2026-10-25T00:30:00.000Z')
})

test('they count from the day on which they begin', () => {
  // Fridays alone: Friday 16 January 2026 evening until Saturday morning, and not Saturday evening.
  const friday = { ...night, days: [5] }
  expect(until(friday, '2026-01-16T22:00:00Z')).toBe('2026-01-17T06:00:00.000Z')
  expect(until(friday, '2026-01-17T05:00:00Z')).toBe('2026-01-17T06:00:00.000Z')
  expect(until(friday, '2026-01-17T22:00:00Z')).toBeUndefined()
  expect(until(friday, '2026-01-16T05:00:00Z')).toBeUndefined()
})

test('zones far from UTC, with half hours, and without changes', () => {
  const noon = { from: 12 * 60, to: 13 * 60, days: everyDay }
  expect(until({ ...noon, zone: 'Pacific/Kiritimati' }, '2026-01-14T22:30:00Z')).toBe(
    '2026-01-14T23:00:00.000Z',
  )
  expect(until({ ...noon, zone: 'Pacific/Pago_Pago' }, '2026-01-14T23:30:00Z')).toBe(
    '2026-01-15T00:00:00.000Z',
  )
  expect(until({ ...noon, zone: 'Asia/Kathmandu' }, '2026-01-14T06:20:00Z')).toBe('2026-01-14T07:15:00.000Z')
  expect(until({ ...noon, zone: 'Asia/Shanghai' }, '2026-07-14T04:30:00Z')).toBe('2026-07-14T05:00:00.000Z')
  // Half an hour is what Lord Howe changes its clocks by: 4 October 2026 at 02:00 they show 02:30.
  const early = { zone: 'Australia/Lord_Howe', from: 60, to: 180, days: everyDay }
  expect(until(early, '2026-10-03T15:00:00Z')).toBe('2026-10-03T16:00:00.000Z')
})

test('at every minute of a year, they end later, within a day, and at the minute that was named', () => {
  for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Africa/Cairo', 'UTC']) {
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 607 * 60_000) {
      const end = quietUntil({ ...night, zone }, at)
      const [hour = 0] = clock.format(at).split(':').map(Number)
      expect(end !== undefined).toBe(hour >= 22 || hour < 7)
      if (end === undefined) continue
      expect(end - at).toBeGreaterThan(0)
      expect(end - at).toBeLessThanOrEqual(10 * 3_600_000)
      expect(clock.format(end)).toBe('07:00')
    }
  }
})

test('tells a zone from what is none', () => {
  for (const zone of ['Europe/Berlin', 'Asia/Shanghai', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
    expect(isZone(zone), zone).toBe(true)
  for (const zone of ['', 'Mars/Base', '+02:00', '../etc/passwd', 'Europe/Berlin\n', 'x'.repeat(1000)])
    expect(isZone(zone), zone).toBe(false)
})
