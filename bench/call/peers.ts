import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { openSessions } from './sessions.ts'

/** Gateways from npm that put a server on HTTP and govern nothing: what ours is compared with. */
export interface Peer {
  readonly name: string
  readonly port: number
  /** One request for each connection. */
  requests(connections: number): Promise<string[]>
  stop(): void
}

const folder = fileURLToPath(new URL('../peers/', import.meta.url))
const stdioServer = fileURLToPath(new URL('./sdk-stdio.ts', import.meta.url))
/** The same server as the peers start it. */
export const stdioCommand = { program: process.execPath, args: [stdioServer] }
const startTimeoutMs = 30_000

/** Installs the peers at the versions of their lockfile when they are not there; their install scripts do not run. */
export function installPeers(): void {
  if (existsSync(`${folder}node_modules/.package-lock.json`)) return
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: folder,
    // Standard output is for the figures.
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('the peers of the benchmark could not be installed')
}

export async function startPeers(): Promise<Peer[]> {
  const proxyPort = await freePort()
  const gatewayPort = await freePort()
  const proxy = `${folder}node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs`
  const gateway = `${folder}node_modules/supergateway/dist/index.js`
  const stdio = `${process.execPath} ${stdioServer}`
  return await Promise.all([
    startPeer('mcp-proxy', proxyPort, [
      proxy,
      '--server',
      'stream',
      '--host',
      '127.0.0.1',
      '--port',
      String(proxyPort),
      '--',
      process.execPath,
      stdioServer,
    ]),
    startPeer('supergateway', gatewayPort, [
      gateway,
      '--stdio',
      stdio,
      '--outputTransport',
      'streamableHttp',
      '--stateful',
      '--port',
      String(gatewayPort),
      '--logLevel',
      'none',
    ]),
  ])
}

async function startPeer(name: string, port: number, args: readonly string[]): Promise<Peer> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore'] })
  await opened(child, port, name)
  return {
    name,
    port,
    requests: async (connections) => await openSessions(port, '/mcp', connections),
    stop: () => child.kill('SIGKILL'),
  }
}

async function opened(child: ChildProcess, port: number, name: string): Promise<void> {
  const until = Date.now() + startTimeoutMs
  while (Date.now() < until && child.exitCode === null) {
    try {
      await fetch(`http://127.0.0.1:${port}/`)
      return
    } catch {
      // Not listening yet: tried again until the time is over.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error(`${name} did not start`)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
