import type { QueryClient } from '@tanstack/react-query'

/** Waits between attempts to reach a node that closed the stream, the last one for ever after. */
const reopenAfterMs = [1000, 2000, 5000, 15_000]

/** What each event of the node makes stale (`approval`, `record`, `ruling`, `mandate`, `rule`, `stop`, `feed`). */
const stale: Readonly<Record<string, readonly string[]>> = {
  approval: ['approvals', 'acts', 'feed'],
  record: ['records', 'record'],
  ruling: ['records', 'record', 'acts'],
  mandate: ['mandates', 'programs'],
  rule: ['rules'],
  stop: ['stops', 'approvals', 'acts', 'feed'],
  // What was done was also spent.
  feed: ['feed', 'acts', 'mandates'],
}

/**
 * Follows the node's event stream: each event makes what it names stale. Whenever the stream opens, for the first time
 * too, everything is stale, because what happened between the last answer and the opening was told to nobody. Returns
 * what ends it.
 */
export function followEvents(client: QueryClient, onLive: (live: boolean) => void): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let ended = false

  function open(): void {
    source = new EventSource('/api/events')
    source.addEventListener('open', () => {
      failures = 0
      onLive(true)
      void client.invalidateQueries()
    })
    source.addEventListener('error', () => {
      onLive(false)
      // A dropped connection is reopened by the browser; a refused one is closed for good and is ours to retry.
      if (source?.readyState !== EventSource.CLOSED || ended) return
      const wait = reopenAfterMs[Math.min(failures, reopenAfterMs.length - 1)]
      failures += 1
      timer = setTimeout(open, wait)
    })
    for (const [event, keys] of Object.entries(stale)) {
      source.addEventListener(event, () => {
        for (const key of keys) void client.invalidateQueries({ queryKey: [key] })
      })
    }
  }

  open()
  return () => {
    ended = true
    clearTimeout(timer)
    source?.close()
  }
}
