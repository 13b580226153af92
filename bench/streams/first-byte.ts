import { median } from '../machine.ts'
import { addTarget } from './bed.ts'
import type { Bed } from './bed.ts'
import { Connection } from './connection.ts'
import { streamRequest } from './message.ts'
import type { Asked, Protocol } from './message.ts'

const warmUpCalls = 300
const measuredCalls = 500

export interface FirstByte {
  readonly protocol: Protocol
  readonly directMs: number
  readonly governedMs: number
  readonly addedMs: number
}

/** Time from a request to the first event of its stream: direct and through the node in turn, medians. */
export async function measureFirstByte(bed: Bed, protocol: Protocol): Promise<FirstByte> {
  const through = await addTarget(bed, protocol)
  const governed = await Connection.open(bed.node.port)
  const direct = await Connection.open(bed.upstream.port)
  const times = { governed: [] as number[], direct: [] as number[] }
  for (let call = -warmUpCalls; call < measuredCalls; call++) {
    const governedMs = await timed(governed, protocol, through)
    const directMs = await timed(direct, protocol, { path: '/' })
    if (call < 0) continue
    times.governed.push(governedMs)
    times.direct.push(directMs)
  }
  governed.close()
  direct.close()
  const [governedMs, directMs] = [median(times.governed), median(times.direct)]
  return { protocol, directMs, governedMs, addedMs: governedMs - directMs }
}

async function timed(connection: Connection, protocol: Protocol, asked: Asked): Promise<number> {
  const ms = await connection.firstEvent(streamRequest(protocol, asked, 'now'))
  await connection.streamEnd()
  return ms
}
