import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { queries } from '../../api/queries.ts'

/**
 * How long a card stands before its answers count, in ms: a click or a key that was meant for what stood there a
 * moment ago decides nothing. The node counts approvals given sooner than this as unread (its fatigue guard).
 */
const armingMs = 700

/**
 * Whether these cards have been before a person's eyes long enough; it starts anew when they change or the page comes
 * back. `what` changes with what would be decided. The node is told that they were opened, and the time begins then.
 */
export function useArmed(what: string, ids: readonly string[] = []): boolean {
  const [armed, setArmed] = useState<string>()
  const opened = useOpened(ids)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    function arm(): void {
      clearTimeout(timer)
      setArmed(undefined)
      if (opened && document.visibilityState === 'visible') timer = setTimeout(() => setArmed(what), armingMs)
    }
    arm()
    document.addEventListener('visibilitychange', arm)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', arm)
    }
  }, [what, opened])
  return armed === what
}

/** Opens each card at the node, once. One that cannot be opened is not kept from being answered: the node says why then. */
function useOpened(ids: readonly string[]): boolean {
  const client = useQueryClient()
  const [opened, setOpened] = useState('')
  const named = ids.join(' ')
  useEffect(() => {
    let left = false
    async function open(): Promise<void> {
      const opening = named.split(' ').filter((id) => id !== '')
      await Promise.allSettled(opening.map(async (id) => await client.ensureQueryData(queries.approval(id))))
      if (!left) setOpened(named)
    }
    void open()
    return () => {
      left = true
    }
  }, [client, named])
  return opened === named
}
