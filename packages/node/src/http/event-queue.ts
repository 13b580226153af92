/** Carries what is pushed to whoever iterates; what does not fit ends the queue instead of growing it. */
export interface EventQueue<T> extends AsyncIterable<T> {
  push(item: T): void
  end(): void
}

export function createEventQueue<T>(itemsMax: number): EventQueue<T> {
  const items: T[] = []
  let ended = false
  let wake: (() => void) | undefined
  function end(): void {
    ended = true
    wake?.()
  }
  return {
    end,
    push(item) {
      if (ended) return
      if (items.length >= itemsMax) {
        end()
        return
      }
      items.push(item)
      wake?.()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const item = items.shift()
        if (item !== undefined) yield item
        else if (ended) return
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    },
  }
}
