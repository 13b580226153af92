import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useText } from '../../i18n/language.tsx'
import { useNow } from '../../ui/now.ts'
import { clock } from './clock.ts'

/** Below this much time left the count-down is marked. */
const shortMs = 2 * 60_000

interface CountDownProps {
  /** RFC 3339. */
  readonly from: string
  readonly until: string
  /** What the time is left for. */
  readonly left: string
}

/** Time left to answer, in words and as a line that grows shorter. */
export function CountDown({ from, until, left: what }: CountDownProps) {
  const text = useText()
  const client = useQueryClient()
  const now = useNow(true)
  const end = Date.parse(until)
  const left = Math.max(0, end - now)
  const over = left === 0
  useEffect(() => {
    if (over) void client.invalidateQueries({ queryKey: ['approvals'] })
  }, [over, client])
  const whole = Math.max(1, end - Date.parse(from))
  const tone = left < shortMs ? 'text-danger' : 'text-muted'
  return (
    <div role="timer" aria-live="off" className={`shrink-0 text-right text-sm font-semibold ${tone}`}>
      <span>{over ? text.time.expired : clock(left)}</span>
      {!over && <span className="sr-only"> {what}</span>}
      <svg
        viewBox="0 0 100 4"
        preserveAspectRatio="none"
        aria-hidden="true"
        className="mt-1 ml-auto h-1 w-20"
      >
        <rect width="100" height="4" className="fill-line" />
        <rect x={100 - share(left, whole)} width={share(left, whole)} height="4" className="fill-current" />
      </svg>
    </div>
  )
}

function share(left: number, whole: number): number {
  return Math.min(100, Math.round((left / whole) * 1000) / 10)
}
