import { useEffect, useState } from 'react'

/**
 * How long a card stands before its answers count, in ms: a click or a key that was meant for what stood there a
 * moment ago decides nothing. The node counts approvals given sooner than this as unread (its fatigue guard).
 */
const armingMs = 700

/** Whether `what` has been before a person's eyes long enough; it starts anew when it changes or the page comes back. */
export function useArmed(what: string): boolean {
  const [armed, setArmed] = useState<string>()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    function arm(): void {
      clearTimeout(timer)
      setArmed(undefined)
      if (document.visibilityState === 'visible') timer = setTimeout(() => setArmed(what), armingMs)
    }
    arm()
    document.addEventListener('visibilitychange', arm)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', arm)
    }
  }, [what])
  return armed === what
}
