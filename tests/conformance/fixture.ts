import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Fixture extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string
}

const startMsMax = 30_000

/** Starts a peer of testkit as a process of its own: what it does and logs is not mixed with the node's. */
export async function startFixture(name: string, args: readonly string[] = []): Promise<Fixture> {
  const main = fileURLToPath(new URL(`../../packages/testkit/src/${name}-main.ts`, import.meta.url))
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  const stop = () => child.kill('SIGKILL')
  const timer = setTimeout(stop, startMsMax)
  process.once('exit', stop)
  const ended = once(child, 'exit').then(() => undefined)
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  clearTimeout(timer)
  if (line === undefined) throw new Error(`${name} did not start`)
  return {
    url: (JSON.parse(String(line[0])) as { url: string }).url,
    async [Symbol.asyncDispose]() {
      process.off('exit', stop)
      stop()
      await ended
    },
  }
}
