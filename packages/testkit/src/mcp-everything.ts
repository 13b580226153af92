import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** `@modelcontextprotocol/server-everything`: an independent server of the eras before 2026-07-28, with sessions. */
export interface Everything {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

/** The program and arguments that run it over stdio. */
export const everythingCommand = {
  program: process.execPath,
  args: [
    createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js'),
    'stdio',
  ],
} as const

/** The program and arguments that run our own fixture over stdio; add switches of `mcp-stdio-server.ts`. */
export const fixtureCommand = {
  program: process.execPath,
  args: [fileURLToPath(new URL('./mcp-stdio-server.ts', import.meta.url))],
} as const

const startTimeoutMs = 20_000
const stopTimeoutMs = 3000

/** Starts it over streamable HTTP on a free port, or on the one given; resolves when it listens. */
export async function startEverything(port?: number): Promise<Everything> {
  const chosen = port ?? (await freePort())
  const [script] = everythingCommand.args
  const child = spawn(process.execPath, [script, 'streamableHttp'], {
    env: { PATH: process.env['PATH'] ?? '', PORT: String(chosen) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('server-everything did not start in time')),
      startTimeoutMs,
    )
    child.once('exit', (code) => reject(new Error(`server-everything ended with code ${code}`)))
    child.once('error', reject)
    child.stderr.on('data', (piece: Buffer) => {
      if (!piece.toString().includes('listening on port')) return
      clearTimeout(timer)
      resolve()
    })
  })
  return {
    url: `http://127.0.0.1:${chosen}/mcp`,
    port: chosen,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
      await exited
      clearTimeout(timer)
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
