import { leafSchema } from '@ambit/core/leaf'
import type { Leaf } from '@ambit/core/leaf'
import { tilePath, tileWidth } from '@ambit/core/log/tile'

/** Every leaf of a node's public log, read from its static files as a mirror would (c2sp.org/tlog-tiles). */
export async function readLog(url: string, name: 'activity' | 'registry'): Promise<Leaf[]> {
  const checkpoint = await (await fetch(`${url}/log/${name}/checkpoint`)).text()
  const size = Number(checkpoint.split('\n')[1])
  const leaves: Leaf[] = []
  for (let index = 0; index * tileWidth < size; index++) {
    const width = Math.min(tileWidth, size - index * tileWidth)
    const answer = await fetch(`${url}/log/${name}/${tilePath({ level: 'entries', index, width })}`)
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
