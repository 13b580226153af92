import { leafSchema } from '@ambit/core/leaf'
import type { Leaf } from '@ambit/core/leaf'
import { parseCheckpoint } from '@ambit/core/log/checkpoint'
import { tilePath, tileWidth } from '@ambit/core/log/tile'

/** Every leaf of a node's public logs of a kind, one log after another, read from their static files as a mirror would. */
export async function readLog(url: string, name: 'activity' | 'registry'): Promise<Leaf[]> {
  const leaves: Leaf[] = []
  for (const address of await logAddresses(url, name)) leaves.push(...(await readOne(address)))
  return leaves
}

/** The addresses of a node's logs of a kind, oldest first, from the signed list of them. */
export async function logAddresses(url: string, name: 'activity' | 'registry'): Promise<string[]> {
  const list = parseCheckpoint(await (await fetch(`${url}/log/${name}/`)).text())
  if (!list.ok) throw new Error(`the list of logs cannot be read: ${list.reason}`)
  return list.checkpoint.extensions.map((line) => {
    const [origin = ''] = line.split(' ')
    return `${url}/log/${name}/${origin.slice(origin.lastIndexOf('/') + 1)}`
  })
}

async function readOne(address: string): Promise<Leaf[]> {
  const checkpoint = await (await fetch(`${address}/checkpoint`)).text()
  const size = Number(checkpoint.split('\n')[1])
  const leaves: Leaf[] = []
  for (let index = 0; index * tileWidth < size; index++) {
    const width = Math.min(tileWidth, size - index * tileWidth)
    const answer = await fetch(`${address}/${tilePath({ level: 'entries', index, width })}`)
    if (!answer.ok) throw new Error(`the log gave no entries ${index}: ${answer.status}`)
    leaves.push(...leavesOf(Buffer.from(await answer.arrayBuffer())))
  }
  return leaves
}

/** Each entry after its length in 16 bits. */
function leavesOf(bundle: Buffer): Leaf[] {
  const leaves: Leaf[] = []
  for (let at = 0; at < bundle.length;) {
    const length = bundle.readUInt16BE(at)
    leaves.push(leafSchema.parse(JSON.parse(bundle.toString('utf8', at + 2, at + 2 + length))))
    at += 2 + length
  }
  return leaves
}
