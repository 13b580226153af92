import { useEffect, useState } from 'react'

/** A second tap or key press that was meant for what opened a dialog has come by then. */
const armingMs = 500

/** False for the first moment: what takes effect at once is not set off by the tap that brought it up. */
export function useArmed(): boolean {
  const [armed, setArmed] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setArmed(true), armingMs)
    return () => clearTimeout(timer)
  }, [])
  return armed
}
