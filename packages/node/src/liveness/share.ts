import { textHash } from '../kernel/text-hash.ts'

/**
 * Which of the living replicas asks a record: the one whose hash with it is highest. When one comes or goes only its own
 * share moves.
 */
export function askerOf(record: string, living: readonly string[]): string | undefined {
  if (living.length < 2) return living[0]
  let best: string | undefined
  let highest = -1
  for (const replica of living) {
    const height = textHash(`${replica}\n${record}`)
    if (height > highest) [best, highest] = [replica, height]
  }
  return best
}
