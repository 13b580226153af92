import type { LivenessState } from '../../api/types.ts'
import type { Tone } from '../../ui/tag.tsx'

export const livenessTones: Readonly<Record<LivenessState, Tone>> = {
  unknown: 'quiet',
  alive: 'ok',
  failing: 'warn',
  dead: 'danger',
  differs: 'danger',
}

/** Only what is whole is 100 %. */
export function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`
}

/** The shortest and the longest latency that the axis shows, in ms. */
const axisMs = [1, 10_000] as const

/** Where a latency stands on a logarithmic axis, from 0 to 100. */
export function onAxis(ms: number): number {
  const [least, most] = axisMs
  const place = Math.log(Math.max(ms, least) / least) / Math.log(most / least)
  return Math.min(1, place) * 100
}
