const intervalMs = 10
const timeoutMsDefault = 10_000

/**
 * Looks again and again until `look` gives something other than undefined or false, and gives that. Throws with `what`
 * when the time is over: a test never waits for longer, and never for less than it takes.
 */
export async function until<Seen>(
  what: string,
  look: () => Seen | undefined | false | Promise<Seen | undefined | false>,
  timeoutMs: number = timeoutMsDefault,
): Promise<Seen> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, intervalMs))
  }
}
