import { createSocket } from 'node:dgram'

/** A name server on loopback that knows TXT records and nothing else (RFC 1035, section 4). */
export interface NameServer extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly address: string
  /** Texts by name; change them and they are served at once. */
  readonly zone: Map<string, readonly string[]>
  /** Names that were asked for. */
  readonly asked: string[]
}

const headerBytes = 12
const typeTxt = 16
const classIn = 1
const nameError = 3

export async function startNameServer(): Promise<NameServer> {
  const zone = new Map<string, readonly string[]>()
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    const { name, end } = questionOf(query)
    asked.push(name)
    socket.send(answerTo(query, end, zone.get(name)), peer.port, peer.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  return {
    address: `127.0.0.1:${port}`,
    zone,
    asked,
    [Symbol.asyncDispose]: async () => await new Promise<void>((resolve) => socket.close(() => resolve())),
  }
}

function questionOf(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = headerBytes
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase())
    at += 1 + length
  }
  // Behind the empty label stand the type and the class.
  return { name: labels.join('.'), end: at + 5 }
}

function answerTo(query: Buffer, end: number, texts: readonly string[] | undefined): Buffer {
  const header = Buffer.from(query.subarray(0, headerBytes))
  // An answer of one who knows, to a question that wanted recursion.
  header.writeUInt16BE(0x8580 | (texts === undefined ? nameError : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(texts?.length ?? 0, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, query.subarray(headerBytes, end), ...(texts ?? []).map(recordOf)])
}

function recordOf(text: string): Buffer {
  const data = Buffer.from(text)
  const record = Buffer.alloc(13)
  // The name is the one of the question.
  record.writeUInt16BE(0xc000 | headerBytes, 0)
  record.writeUInt16BE(typeTxt, 2)
  record.writeUInt16BE(classIn, 4)
  record.writeUInt32BE(0, 6)
  record.writeUInt16BE(data.length + 1, 10)
  record.writeUInt8(data.length, 12)
  return Buffer.concat([record, data])
}
