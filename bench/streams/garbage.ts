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

/** After its garbage is collected, pages go back to the system within this time. */
const settleMs = 5000
const sampleEveryMs = 250
/** One collection finds what the one before it let go. */
const collections = 3

/** What a process needs, in MB: the least it uses once its garbage is collected. */
export async function settledMb(inspector: string, used: () => { readonly rssMb: number }): Promise<number> {
  for (let turn = 0; turn < collections; turn++) await collectGarbage(inspector)
  let least = Infinity
  const until = performance.now() + settleMs
  while (performance.now() < until) {
    least = Math.min(least, used().rssMb)
    await new Promise((resolve) => setTimeout(resolve, sampleEveryMs))
  }
  return least
}

/** A full collection, after which what a process uses is what it needs. */
async function collectGarbage(inspector: string): Promise<void> {
  await askInspector(inspector, 'HeapProfiler.collectGarbage')
}

/** What the runtime of a process has open, by kind: `process.getActiveResourcesInfo()`. */
export async function openResources(inspector: string): Promise<string[]> {
  const expression = 'JSON.stringify(process.getActiveResourcesInfo())'
  const answer = await askInspector(inspector, 'Runtime.evaluate', { expression })
  const { result } = JSON.parse(answer) as { result: { result: { value: string } } }
  return JSON.parse(result.result.value) as string[]
}

async function askInspector(inspector: string, method: string, params: object = {}): Promise<string> {
  const socket = new WebSocket(inspector)
  const answer = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the inspector did not answer')), timeoutMs)
    socket.addEventListener('open', () => {
      socket.send(JSON.stringify({ id: 1, method, params }))
    })
    socket.addEventListener('message', ({ data }) => {
      clearTimeout(timer)
      resolve(String(data))
    })
    socket.addEventListener('error', () => reject(new Error('the inspector took no connection')))
  })
  socket.close()
  return answer
}
