import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadOrder, LoadResult } from './load.ts'

export interface Loader {
  run(order: LoadOrder): Promise<LoadResult>
  stop(): void
}

/** Starts the load generator as a process of its own. */
export function startLoader(): Loader {
  const child = fork(fileURLToPath(new URL('./load.ts', import.meta.url)), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return {
    run: (order) =>
      new Promise((resolve, reject) => {
        const gone = () => reject(new Error('the load generator ended'))
        child.once('exit', gone)
        child.on('message', function take(message: { result?: LoadResult }) {
          if (message.result === undefined) return
          child.off('message', take)
          child.off('exit', gone)
          resolve(message.result)
        })
        child.send(order)
      }),
    stop: () => child.kill(),
  }
}
