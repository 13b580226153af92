import type { ChildProcess } from 'node:child_process'

/** Lets a node that is started with these options be told to collect its garbage. */
export const collectable = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const

const timeoutMs = 30_000
const form = /ws:\/\/\S+/

/** Where the inspector of a node listens: it says so on standard error, which is a pipe. */
export async function inspectorOf({ stderr }: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the inspector did not say where it listens')), timeoutMs)
    let text = ''
    stderr!.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(-1000)
      const address = form.exec(text)?.[0]
      if (address === undefined) return
      clearTimeout(timer)
      resolve(address)
    })
  })
}

/** A full collection, after which what a process uses is what it needs. */
export async function collectGarbage(inspector: string): Promise<void> {
  const socket = new WebSocket(inspector)
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the inspector did not answer')), timeoutMs)
    socket.addEventListener('open', () => {
      socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }))
    })
    socket.addEventListener('message', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.addEventListener('error', () => reject(new Error('the inspector took no connection')))
  })
  socket.close()
}
