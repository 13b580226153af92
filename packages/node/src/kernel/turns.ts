/** One after the other for one key, side by side for different keys. */
export interface Turns {
  take<R>(key: string, run: () => Promise<R>): Promise<R>
}

export function createTurns(): Turns {
  // Holds one entry for each key that somebody works on or waits for, and nothing else.
  const last = new Map<string, Promise<void>>()
  return {
    async take(key, run) {
      const before = last.get(key)
      const { promise: done, resolve: finish } = Promise.withResolvers<void>()
      last.set(key, done)
      try {
        if (before !== undefined) await before
        return await run()
      } finally {
        if (last.get(key) === done) last.delete(key)
        finish()
      }
    },
  }
}
