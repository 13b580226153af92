import type { AddressInfo, Server, Socket } from 'node:net'
import { Fault } from '@ambit/core/fault'
import type { Log } from './log.ts'

/** Tries to find one port that is free on every address, when any port will do. */
const anyPortTriesMax = 5

/** A promise where something has to be made ready for an address first. */
export type Admits = (localAddress: string | undefined) => boolean | Promise<boolean>

export interface ListenOptions {
  readonly addresses: readonly string[]
  /** 0: any port that is free. The same one on every address. */
  readonly port: number
  /** The setting of the port, named when it cannot be had. */
  readonly setting: string
  readonly log: Log
  /** Which connections are taken, by the address of this machine they came to; left out: all. The others are closed. */
  readonly admits?: Admits | undefined
  create(): Server
}

export interface Listening {
  readonly port: number
  readonly servers: readonly Server[]
  /** Where it listens in fact: `127.0.0.1:7100`, `[::1]:7100`. */
  readonly at: readonly string[]
}

/**
 * Opens one listener on each address. On a machine that has IPv4 or IPv6 alone, the loopback address of the other is left
 * out, with a line in the log.
 */
export async function listenAt(options: ListenOptions): Promise<Listening> {
  for (let tries = 1; ; tries++) {
    const servers: Server[] = []
    try {
      return await listenAll(options, servers)
    } catch (error) {
      for (const server of servers) server.close()
      if (error instanceof Fault) throw error
      const busy = codeOf(error) === 'EADDRINUSE'
      if (options.port === 0 && busy && tries < anyPortTriesMax) continue
      throw new Fault('listen.failed', {
        detail: busy
          ? `port ${options.port} is in use by another process`
          : `the operating system refused to listen (${codeOf(error)})`,
        where: options.setting,
        remedy: `Stop what uses the address, or give the node another one in ${options.setting}.`,
        cause: error,
      })
    }
  }
}

async function listenAll(options: ListenOptions, servers: Server[]): Promise<Listening> {
  let { port } = options
  const at: string[] = []
  for (const address of options.addresses) {
    const server = options.create()
    if (options.admits !== undefined) filter(server, options.admits)
    try {
      await listen(server, address, port)
    } catch (error) {
      const family = loopbacks.get(address)
      if (family === undefined || !isWithout(error)) throw error
      options.log.warn(`listen.no-${family}`, { address, reason: codeOf(error) })
      continue
    }
    servers.push(server)
    port = (server.address() as AddressInfo).port
    at.push(`${address.includes(':') ? `[${address}]` : address}:${port}`)
  }
  if (servers.length === 0) throw new Error('no address was left to listen at')
  return { port, servers, at }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

/** Puts itself before everything that hears of a connection: nothing is read from those that are not taken. */
function filter(server: Server, admits: Admits): void {
  const listeners = server.listeners('connection')
  server.removeAllListeners('connection')
  function take(socket: Socket, isAdmitted: boolean): void {
    if (!isAdmitted) socket.destroy()
    else if (!socket.destroyed) for (const listener of listeners) listener.call(server, socket)
  }
  async function later(socket: Socket, answer: Promise<boolean>): Promise<void> {
    // Nobody else hears yet that it broke off.
    const ignore = () => undefined
    socket.on('error', ignore)
    const isAdmitted = await answer
    socket.removeListener('error', ignore)
    take(socket, isAdmitted)
  }
  server.on('connection', (socket: Socket) => {
    const answer = admits(socket.localAddress)
    if (typeof answer === 'boolean') {
      take(socket, answer)
      return
    }
    void later(socket, answer)
  })
}

const loopbacks: ReadonlyMap<string, 'ipv4' | 'ipv6'> = new Map([
  ['127.0.0.1', 'ipv4'],
  ['::1', 'ipv6'],
])

function isWithout(error: unknown): boolean {
  return ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'EPROTONOSUPPORT'].includes(codeOf(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
