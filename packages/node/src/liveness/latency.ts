/** Upper bounds of the classes in ms, each about 1.5 times the one before; what is slower falls into the last. */
export const latencyBoundsMs: readonly number[] = [
  1, 2, 3, 5, 7, 10, 15, 22, 33, 50, 75, 110, 170, 250, 380, 570, 850, 1300, 1900, 2900, 4300, 6500, 9700,
  15_000,
]

/**
 * Counts one latency in a histogram of bytes. When a class is full all are halved, so that it tells of the last few
 * hundred answers and old ones fade.
 */
export function countLatency(classes: Uint8Array, ms: number): void {
  const found = latencyBoundsMs.findIndex((bound) => ms <= bound)
  const at = found < 0 ? latencyBoundsMs.length - 1 : found
  if (classes[at] === 255) for (let each = 0; each < classes.length; each++) classes[each]! >>= 1
  classes[at]! += 1
}

/** The bound in ms below which that share of the answers came; undefined while nothing was counted. */
export function latencyBelow(classes: Uint8Array, share: number): number | undefined {
  let all = 0
  for (const count of classes) all += count
  if (all === 0) return undefined
  let seen = 0
  for (const [at, count] of classes.entries()) {
    seen += count
    if (seen >= all * share) return latencyBoundsMs[at]
  }
  return latencyBoundsMs.at(-1)
}
