import { createContext } from 'react'

/** Whether the node's event stream is open. */
export const LiveContext = createContext(false)
