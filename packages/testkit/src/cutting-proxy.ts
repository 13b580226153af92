import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A proxy in front of a server that cuts a connection at a moment that a test chooses. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /**
   * Cuts the next connection on which a client sends this text: `request` before the server gets it, `reply` after the
   * server has answered and before the client learns of it. Resolves once it is done.
   */
  cut(at: 'request' | 'reply', text: string): Promise<void>
  /** Refuses connections, and cuts those that are open, until `up` is called. */
  down(): void
  up(): void
}

interface Order {
  readonly at: 'request' | 'reply'
  readonly text: string
  done(): void
}

/** Opens a proxy on a free port of loopback in front of a server. */
export async function openCuttingProxy(host: string, port: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let order: Order | undefined
  let isUp = true
  const server = createServer((client) => {
    if (!isUp) {
      client.destroy()
      return
    }
    const upstream = connect({ host, port })
    let cutting: Order | undefined
    const end = (): void => {
      for (const socket of [client, upstream]) {
        socket.destroy()
        sockets.delete(socket)
      }
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end).on('close', end)
    }
    client.on('data', (bytes) => {
      if (order !== undefined && bytes.includes(order.text)) [cutting, order] = [order, undefined]
      if (cutting?.at === 'request') {
        end()
        cutting.done()
      } else upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (cutting !== undefined) {
        end()
        cutting.done()
      } else client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const drop = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut: (at, text) =>
      new Promise((resolve) => {
        order = { at, text, done: resolve }
      }),
    down: () => {
      isUp = false
      drop()
    },
    up: () => {
      isUp = true
    },
    [Symbol.asyncDispose]: async () => {
      drop()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
}
