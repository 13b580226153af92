import { once } from 'node:events'
import { connect } from 'node:net'

/** Deletes a JetStream stream that a test made, in NATS' own text protocol. */
export async function deleteStream(address: string, stream: string): Promise<void> {
  const { hostname, port } = new URL(address)
  const socket = connect({ host: hostname, port: Number(port || '4222') })
  socket.write(`CONNECT {"verbose":false}\r\nPUB $JS.API.STREAM.DELETE.${stream} 0\r\n\r\nPING\r\n`)
  // Answers come in order: after this one the deletion was taken.
  for await (const bytes of socket) if ((bytes as Buffer).includes('PONG')) break
  socket.destroy()
  await once(socket, 'close').catch(() => undefined)
}
